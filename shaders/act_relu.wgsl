fn act(x: Number) -> Number { return max(x, Number()); }

fn times_act(a: Number, x: Number) -> Number { return a * act(x); }

fn times_slope(a: Number, x: Number) -> Number { return select(Number(), a, x > Number()); }
