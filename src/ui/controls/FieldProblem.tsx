/** Why a field does not take what it was given; spoken, since it may stand away from the pointer. */
export function FieldProblem({ id, text }: { id: string; text: string | null }) {
  return text === null ? null : (
    <p id={id} className="field-problem" role="alert">
      {text}
    </p>
  );
}
