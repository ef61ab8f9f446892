fn norm_bias(unit: u32) -> Number { return bias(unit); }
