import { askBounds, type ModelInfo } from "@muniment/shared/insights.ts";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field } from "../../ui/field.tsx";
import { Textarea } from "../../ui/input.tsx";
import { AnswerView } from "./answer-view.tsx";
import { useAsk } from "./use-ask.ts";

export function AskPanel({ model }: ModelInfo) {
  return (
    <Card title="Ask a question">
      {model ? <AskForm name={model.name} host={model.host} /> : <NotConfigured />}
    </Card>
  );
}

function NotConfigured() {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2 text-sm text-muted">
      <p>
        Questions are answered by a model of your choice, and none is configured on this server.
        Whoever runs it sets these variables and starts it again:
      </p>
      <div className="text-ink">
        <CodeBlock
          code={"MODEL_BASE_URL=https://models.example.com/v1\nMODEL_NAME=…\nMODEL_API_KEY=…"}
          label="Copy the variables"
        />
      </div>
      <p>
        Any OpenAI-compatible endpoint will do; one on this machine or a private network also needs
        its address in <code className="font-mono text-xs">EGRESS_ALLOW</code>.
      </p>
    </div>
  );
}

function AskForm({ name, host }: { name: string; host: string }) {
  const [question, setQuestion] = useState("");
  const { answer, ask, stop } = useAsk();
  const asking = answer?.state === "asking";
  const trimmed = question.trim();
  return (
    <div className="grid gap-4">
      <form
        className="grid gap-3"
        aria-busy={asking}
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed !== "" && !asking) void ask({ question: trimmed });
        }}
      >
        <Field
          label="Question"
          hint={
            <>
              Sent to the model <b>{name}</b> at <b>{host}</b>: the question, the names of your
              agents and event types, then counts and up to {askBounds.events} of the events that
              its search finds. Nothing of it is stored here; that you asked stands in the audit
              log.
            </>
          }
        >
          {(control) => (
            <Textarea
              {...control}
              rows={2}
              value={question}
              maxLength={askBounds.questionLength}
              placeholder="Which addresses failed to sign in most this week?"
              onChange={(event) => setQuestion(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing)
                  return;
                event.preventDefault();
                event.currentTarget.form?.requestSubmit();
              }}
            />
          )}
        </Field>
        <div className="flex gap-2">
          <Button
            type="submit"
            variant="primary"
            pending={asking}
            disabledReason={trimmed === "" ? "Write a question first" : undefined}
          >
            Ask
          </Button>
          {asking && <Button onClick={stop}>Stop</Button>}
        </div>
      </form>
      {answer && (
        <AnswerView
          answer={answer}
          onSearch={(search) => void ask({ question: answer.question, search })}
        />
      )}
    </div>
  );
}
