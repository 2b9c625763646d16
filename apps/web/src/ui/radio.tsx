import { type ChoiceProps, LabelledChoice } from "./labelled-choice.tsx";

export function Radio(props: ChoiceProps) {
  return <LabelledChoice {...props} type="radio" />;
}
