import Glibc
import TestSupport

extension SeededGenerator {
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
