/** Whether some work is over after so many milliseconds, whatever became of it. The timer does not outlive the answer. */
export async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, milliseconds, false)));
  return Promise.race([work.then(over, over), late]).finally(() => clearTimeout(timer));
}

const over = () => true;
