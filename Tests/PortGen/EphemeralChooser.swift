import PortModel
import TestSupport

/// How the kernel chooses local ports for connections to one destination: `__inet_hash_connect` in
/// net/ipv4/inet_hashtables.c. The low end's parity first, onward from the last port chosen, with a little noise.
struct EphemeralChooser {
    /// Local ports whose four-tuple is taken.
    var taken = PortBits()
    /// `table_perturb`, and the hash of the addresses that it is added to.
    private var offset: Int

    init(hash: UInt64) { offset = Int(hash & 0xFFFF) }

    /// A free port; `nil` when there is none, and connect() fails with EADDRNOTAVAIL.
    ///
    /// - Parameter blocked: ports that somebody has bound, and reserved ones.
    mutating func choose(
        _ range: PortRange, blocked: PortBits, firstParity: Int, using generator: inout SeededGenerator
    ) -> UInt16? {
        let low = Int(range.first)
        let remaining = range.count > 1 ? range.count & ~1 : 1
        let even = (offset % remaining) & ~1
        for parity in [firstParity, 1 - firstParity] where parity < remaining {
            let start = low + even + parity
            let found =
                PortBits.free(taken, blocked, from: start, to: low + remaining)
                ?? PortBits.free(taken, blocked, from: low + parity, to: start)
            guard let port = found else { continue }
            let steps = port >= start ? port - start : port - start + remaining
            offset = (offset + max(steps, generator.below(8) * 2) + 2) & 0xFFFF_FFFF
            return UInt16(truncatingIfNeeded: port)
        }
        return nil
    }
}
