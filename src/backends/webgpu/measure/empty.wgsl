// What a dispatch costs that does nothing.
@compute @workgroup_size(1)
fn main() {}
