import { useState } from 'react';

/**
 * A choice that may be refused. The reason is shown for as long as the old value (`standing`, as text) still stands and
 * nothing else was tried.
 */
export function useRefusal<T>(
  standing: string,
  onChange: (value: T) => string | null,
): { refusal: string | null; choose: (value: T) => void } {
  const [refused, setRefused] = useState<{ reason: string; standing: string } | null>(null);
  const choose = (value: T) => {
    const reason = onChange(value);
    setRefused(reason === null ? null : { reason, standing });
  };
  return { refusal: refused?.standing === standing ? refused.reason : null, choose };
}
