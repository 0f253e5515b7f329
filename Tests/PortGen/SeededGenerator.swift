import Glibc

/// SplitMix64: random numbers that are the same for the same seed, and the distributions that a host needs.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// From 0 to less than 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// From 0 to less than `count`, which is at least 1.
    mutating func below(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    /// True with a probability.
    mutating func chance(_ probability: Double) -> Bool { probability > 0 && unit() < probability }

    /// The time to the next of events that come independently, `mean` apart on average.
    mutating func exponential(_ mean: Double) -> Double { -log(1 - unit()) * mean }

    /// From 0 to less than `count`, the low ones more often: the larger `skew`, the more so; 1 is even.
    mutating func rank(_ count: Int, skew: Double) -> Int { min(count - 1, Int(pow(unit(), skew) * Double(count))) }
}
