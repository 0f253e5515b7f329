import PortModel
import TestSupport
import Testing

/// The model of bind() against the kernel that runs: random sockets, a random bind(), and never a wrong word.
@Suite(.serialized, .enabled(if: NamespaceThread.isPermitted, "needs root: network namespaces of their own"))
struct BindDifferentialTests {
    /// How many binds are tried; PORTLOG_BIND_TRIALS says how many at length.
    static let trials = TestSettings.count("PORTLOG_BIND_TRIALS", default: 1000)

    @Test("no verdict on a bind() is ever wrong, and \"depends\" is earned", arguments: [1, 2, 3, 4] as [UInt64])
    func neverWrong(seed: UInt64) throws {
        let count = Self.trials / 4
        let summary = try NamespaceThread.run(
            sysctls: ["ipv4/ip_local_port_range": "1024 60999"], addresses: ["10.1.1.1/24", "fd00::1/128"]
        ) {
            try Self.judge(seed: seed, count: count)
        }
        print("bind(), seed \(seed): \(summary)")
        for trial in summary.wrong.prefix(5) { Issue.record("wrong: \(trial)") }
        // Some need several options at once that a random search does not find in the time.
        let open = summary.counts.filter { $0.key.hasSuffix("depends") }.values.reduce(0, +)
        #expect(summary.unearned.count * 10 <= open, "not earned: \(summary.unearned)")
    }

    struct Summary: CustomStringConvertible {
        var trials = 0
        var counts: [String: Int] = [:]
        var wrong: [String] = []
        var unearned: [String] = []

        var description: String {
            "\(trials) trials, \(wrong.count) wrong, \(unearned.count) not earned, "
                + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
    }

    private static func judge(seed: UInt64, count: Int) throws -> Summary {
        var generator = SeededGenerator(seed: seed)
        var trials = try BindTrials()
        var summary = Summary()
        var open: [(trial: BindTrial, witness: Witness)] = []
        while summary.trials < count {
            let batch = (0..<min(40, count - summary.trials)).map { _ in
                let transport: TransportProtocol = generator.oneIn(3) ? .udp : .tcp
                return (
                    Population(transport, using: &generator), BindTrial.request(transport, using: &generator)
                )
            }
            for trial in try trials.run(batch) {
                summary.trials += 1
                for witness in Witness.allCases {
                    guard let verdict = trial.verdicts[witness] else { continue }
                    summary.counts["\(witness.rawValue) \(word(verdict))", default: 0] += 1
                    if trial.isWrong(witness) {
                        summary.wrong.append("seed \(seed), \(witness): \(describe(trial, witness))")
                    }
                    if verdict.outcome == .depends { open.append((trial, witness)) }
                }
            }
        }
        summary.unearned = try earn(open, &trials, &generator).map { "seed \(seed), \($0.1): \(describe($0.0, $0.1))" }
        return summary
    }

    /// Makes the same sockets with other options until both outcomes were seen; what is left after many tries.
    private static func earn(
        _ open: [(trial: BindTrial, witness: Witness)], _ trials: inout BindTrials, _ generator: inout SeededGenerator
    ) throws -> [(BindTrial, Witness)] {
        var left = open
        for _ in 0..<TestSettings.count("PORTLOG_BIND_TRIES", default: 400) where !left.isEmpty {
            var still: [(trial: BindTrial, witness: Witness)] = []
            for start in stride(from: 0, to: left.count, by: 40) {
                let batch = left[start..<min(start + 40, left.count)]
                let results = try trials.run(
                    batch.map { entry in
                        let isInspected = entry.witness == .inspected
                        return (
                            entry.trial.population.varied(isInspected: isInspected, using: &generator),
                            entry.trial.request
                        )
                    })
                for (entry, result) in zip(batch, results) {
                    let isSame =
                        result.view[entry.witness].map(Set.init) == entry.trial.view[entry.witness].map(Set.init)
                        && result.verdicts[entry.witness]?.outcome == .depends
                    if isSame, result.errno != entry.trial.errno { continue }
                    still.append(entry)
                }
            }
            left = still
        }
        return left.map { ($0.trial, $0.witness) }
    }

    private static func word(_ verdict: BindVerdict) -> String {
        switch verdict.outcome {
        case .succeeds: "succeeds"
        case .fails: "fails"
        case .depends: "depends"
        }
    }

    private static func describe(_ trial: BindTrial, _ witness: Witness) -> String {
        let request = trial.request
        let flags = [
            request.reuseAddress ? "ra" : "", request.reusePort ? "rp" : "", request.isV6Only ? "v6only" : "",
        ]
        let asked =
            "\(request.transport) bind \(request.local.address.text(in: request.family)) \(flags.filter { !$0.isEmpty }) uid \(request.uid)"
        let members = trial.population.members.map { member in
            "\(member.kind) \(member.address)\(member.reuseAddress ? " ra" : "")\(member.reusePort ? " rp" : "")\(member.isV6Only ? " v6only" : "") uid \(member.uid)"
        }
        let rows = trial.view[witness]?.map { "\($0.row.table) \($0.row.state) \($0.row.local.address)" } ?? []
        return
            "\(asked): predicted \(trial.verdicts[witness].map(word) ?? "") (\(trial.verdicts[witness]?.blockers.map { $0.unknowns } ?? [])), kernel \(trial.errno ?? "succeeds"); made \(members); seen \(rows)"
    }
}
