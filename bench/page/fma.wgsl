// Arithmetic ceiling: four independent chains of 16 multiply–adds a loop pass, nothing loaded but the uniform.
// T is f32 or vec4f.
struct Settings { passes: u32, factor: f32, shift: f32 }

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read_write> result: array<T>;

fn sixteen(start: T, m: T, n: T) -> T {
  var v = start;
  v = v * m + n; v = v * m + n; v = v * m + n; v = v * m + n;
  v = v * m + n; v = v * m + n; v = v * m + n; v = v * m + n;
  v = v * m + n; v = v * m + n; v = v * m + n; v = v * m + n;
  v = v * m + n; v = v * m + n; v = v * m + n; v = v * m + n;
  return v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = T(settings.factor);
  let n = T(settings.shift);
  var a = T(f32(id.x));
  var b = a + T(1.0);
  var c = a + T(2.0);
  var d = a + T(3.0);
  for (var i = 0u; i < settings.passes; i++) {
    a = sixteen(a, m, n);
    b = sixteen(b, m, n);
    c = sixteen(c, m, n);
    d = sixteen(d, m, n);
  }
  result[id.x] = a + b + c + d;
}
