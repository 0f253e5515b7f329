import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check time-wait`
struct CheckTimeWaitCommand: CheckCommand {
    static let configuration = CommandConfiguration(
        commandName: "time-wait", abstract: "Sockets in TIME_WAIT against tcp_max_tw_buckets, in percent.",
        discussion: "Default: --warning 80 --critical 95.")

    static let service = "TIME-WAIT"

    @OptionGroup var options: CheckOptions

    func check(in world: World) throws -> CheckResult {
        let (warning, critical) = (try options.range(options.warning, "80"), try options.range(options.critical, "95"))
        let (counts, stale) = try options.ask(in: world) { try self.counts($0) }
        guard let worst = counts.max(by: { $0.share < $1.share }) else {
            let name = options.namespace ?? Snapshot.hostNamespace
            return CheckResult(service: Self.service, .unknown, "there is no namespace \(name) any more", [], stale)
        }
        let share = CheckFigure(
            label: "used", value: 100 * worst.share, unit: "%", warning: warning,
            critical: critical, minimum: 0, maximum: 100,
            metric: .init(
                name: "time_wait_limit_ratio", help: "Sockets in TIME_WAIT of tcp_max_tw_buckets.", scale: 0.01))
        let count = CheckFigure(
            label: "time_wait", value: Double(worst.now), minimum: 0, maximum: worst.limit.map(Double.init),
            metric: .init(
                name: "time_wait_sockets", help: "Sockets in TIME_WAIT, in the namespace that is nearest to its limit.",
                labels: [.init(name: "namespace", value: worst.namespace)]))
        let place = worst.namespace == Snapshot.hostNamespace ? "" : " in the namespace \(worst.namespace)"
        let text =
            "\(HumanFormat.count(worst.now, "socket")) in TIME_WAIT\(place), the limit is \(worst.limit.map(String.init) ?? "unknown")"
            + (worst.isAssumed ? " (assumed: the namespace's own could not be read)" : "")
        let status = worst.limit == nil ? CheckStatus.unknown : share.status
        return CheckResult(service: Self.service, status, text, [share, count], stale)
    }

    /// What each namespace has now: each has a limit of its own.
    private func counts(_ view: HistoryView) throws -> [Count] {
        guard let newest = try view.newestSample() else { throw NoSampleError.empty }
        var numbers: [Int: Int] = [:]
        for socket in try view.sockets(at: newest.number, matching: SocketFilter(namespace: options.namespace))
        where socket.state == .timeWait { numbers[socket.namespace, default: 0] += 1 }
        let all = try view.limits(in: newest.number...newest.number)
        let limits = Dictionary(all.map { ($0.namespace, $0.limits) }) { $1 }
        return try view.namespaces(at: newest.number).filter { $0.name == options.namespace ?? $0.name }.map {
            Count(
                namespace: $0.name, now: numbers[$0.number] ?? 0, limit: limits[$0.number]?.maxTimeWait,
                isAssumed: limits[$0.number]?.assumed ?? false)
        }
    }

    private struct Count {
        var namespace: String
        var now: Int
        var limit: Int?
        var isAssumed: Bool
        /// Of the limit; without one the least.
        var share: Double { limit.map { Double(now) / Double(max(1, $0)) } ?? 0 }
    }
}
