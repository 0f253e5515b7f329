import TestSupport

extension SeededGenerator {
    /// True once in `n`.
    mutating func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &self) == 0 }
}
