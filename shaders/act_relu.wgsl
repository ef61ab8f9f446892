fn act(x: f32) -> f32 { return max(x, 0.0); }

fn times_act(a: f32, x: f32) -> f32 { return a * act(x); }

fn times_slope(a: f32, x: f32) -> f32 { return select(0.0, a, x > 0.0); }
