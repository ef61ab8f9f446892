fn mask4(row: u32, column: u32) -> vec4f { return vec4f(1.0); }
fn mask1(row: u32, column: u32) -> f32 { return 1.0; }
