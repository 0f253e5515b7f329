import Foundation
import PortModel
import TestSupport
import Testing

extension LiveTests {
    /// The model of connect() against the kernel that runs: random sockets on a small range, and the number of connections that still fit.
    @Suite
    struct ConnectDifferentialTests {
        /// How many trials; PORTLOG_CONNECT_TRIALS says how many at length.
        private static let trials = TestSettings.count("PORTLOG_CONNECT_TRIALS", default: 100)

        @Test("the number of connections that fit is the kernel's", arguments: [1, 2] as [UInt64])
        func exact(seed: UInt64) throws {
            let (exact, total) = try run(seed: seed, isBoundBefore: false) { trial in
                #expect(trial.free == trial.allowed, "seed \(seed): \(trial.description)")
                #expect(
                    trial.freeByProc == nil || trial.freeByProc == trial.allowed, "seed \(seed): \(trial.description)")
            }
            print("connect(), seed \(seed): \(exact) of \(total) exact")
        }

        /// A port of the parity that connect() takes last is suspicious, unless the first is used up, as it is soon in these ranges.
        @Test(
            "where connections were bound before connect(), the number is never below the kernel's, and seldom said to be exact"
        )
        func upperBound() throws {
            var (suspected, overlooked) = (0, 0)
            let (exact, total) = try run(seed: 7, isBoundBefore: true) { trial in
                #expect((trial.free ?? -1) >= trial.allowed, "\(trial.description)")
                if trial.free == trial.allowed || trial.hasHidden { return }
                if trial.isCertain { overlooked += 1 } else { suspected += 1 }
            }
            print(
                "connect() after bind(): \(exact) of \(total) exact, \(suspected) suspected, \(overlooked) overlooked")
            #expect(overlooked * 4 <= suspected)
        }

        private func run(
            seed: UInt64, isBoundBefore: Bool, _ check: (ConnectTrial) -> Void
        ) throws -> (exact: Int, total: Int) {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let total = Self.trials / 2
            var exact = 0
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<total {
                let own = generator.next()
                let trial = try NetworkNamespace.run {
                    var generator = SeededGenerator(seed: own)
                    return try ConnectTrial(using: &generator, isBoundBefore: isBoundBefore, scratch: folder.path)
                }
                if trial.free == trial.allowed { exact += 1 }
                check(trial)
            }
            return (exact, total)
        }
    }
}
