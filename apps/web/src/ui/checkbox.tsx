import { type ChoiceProps, LabelledChoice } from "./labelled-choice.tsx";

export function Checkbox(props: ChoiceProps) {
  return <LabelledChoice {...props} type="checkbox" />;
}
