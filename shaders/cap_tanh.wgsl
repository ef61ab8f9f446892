// c·tanh(score/c). Beyond ±10 tanh is ±1 in f32, and some devices make NaN of large arguments.
fn capped(score: f32) -> f32 { return shape.softcap * tanh(clamp(score / shape.softcap, -10.0, 10.0)); }

// Its derivative, by its result: 1 − tanh².
fn capped_slope(result: f32) -> f32 {
  let t = result / shape.softcap;
  return 1.0 - t * t;
}
