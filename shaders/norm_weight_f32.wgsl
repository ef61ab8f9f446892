fn norm_weight(unit: u32) -> Number { return weight(unit); }
