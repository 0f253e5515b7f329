import PortHistory
import PortModel

/// Finds who stood in the gaps of listeners over a long period, without reading everything: where samples are kept, and only where
/// the rollups say that somebody was there.
struct LongGaps {
    /// How long after a listener has gone its connections' TIME_WAITs are looked for, in samples of at most as many.
    private static let remainsLimit = 64

    private let view: HistoryView
    private let resolution: Resolution
    private let filter: SocketFilter

    init(_ view: HistoryView, _ resolution: Resolution, _ filter: SocketFilter) {
        self.view = view
        self.resolution = resolution
        self.filter = filter
    }

    /// Hands over the intervals on the ports of gaps that reach into these, perhaps among others.
    ///
    /// - Parameters:
    ///   - thieves: gaps in which outgoing connections are looked for.
    ///   - remains: gaps in which TIME_WAITs of accepted connections are.
    func forEachInterval(
        thieves: [ListenerGap], remains: [ListenerGap], _ body: (SocketInterval) -> Void
    ) throws {
        let oldest = try view.oldestSample()?.number ?? .max
        var ranges: [PortKey: [ClosedRange<Int>]] = [:]
        for gap in remains where gap.key.transport == .tcp && gap.samples.upperBound >= oldest {
            let start = max(oldest, gap.samples.lowerBound)
            guard
                try view.mayHaveServiceTimeWaits(
                    namespace: gap.key.namespace, port: gap.key.local.port, from: gap.samples.lowerBound)
            else { continue }
            let end = min(gap.samples.upperBound, gap.samples.lowerBound + Self.remainsLimit)
            if start <= end { ranges[gap.key.port, default: []].append(start...end) }
        }
        let byPort = Dictionary(grouping: thieves, by: \.key.port)
        let seen = try view.occurrences(of: .strays, in: resolution.cover, matching: filter)
        for (subject, samples) in seen {
            let port = PortKey(namespace: subject.namespace, transport: subject.transport, port: subject.localPort)
            let gaps = byPort[port] ?? []
            for range in samples
            where gaps.contains(where: { $0.samples.overlaps(range) }) && range.upperBound >= oldest {
                ranges[port, default: []].append(max(oldest, range.lowerBound)...range.upperBound)
            }
        }
        // What was not rolled up is read as it is.
        for range in resolution.samples {
            for gap in thieves where gap.samples.overlaps(range) {
                ranges[gap.key.port, default: []].append(gap.samples.clamped(to: range))
            }
        }
        for (port, ranges) in ranges {
            var filter = filter
            filter.transport = .tcp
            filter.localPort = port.port
            for run in SampleSpans(ranges).runs {
                var found: [SocketInterval] = []
                try view.intervals(in: run, matching: filter) { if $0.namespace == port.namespace { found.append($0) } }
                for interval in found {
                    body(interval)
                    // A thief leaves a TIME_WAIT, which is in the way as well.
                    if interval.role == .outgoing { try view.followUps(of: interval).forEach(body) }
                }
            }
        }
    }
}
