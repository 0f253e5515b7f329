import PortHistory
import PortModel

/// The sockets that held a port over a period: as many as are asked for, and how many there were.
///
/// Where the port is a busy service's and the period is long, only the newest are read, and the rest is counted by the rollups. Where
/// samples are no longer kept, the listeners are still known one by one, and everything else by its number.
struct PortHolders {
    /// As many connections are read one by one, however many are asked for.
    private static let busy = 5000

    /// The sockets that were read.
    private(set) var lives: [SocketLife] = []
    /// The intervals of the listeners among them.
    private(set) var listeners: [SocketInterval] = []
    /// How many sockets held the port.
    private(set) var count = 0
    /// How many of them no sample tells of any more.
    private(set) var untold = 0

    private let view: HistoryView
    private let filter: SocketFilter

    /// Reads a period.
    ///
    /// - Parameters:
    ///   - filter: with the port.
    ///   - limit: how many are asked for; 0: all.
    init(_ view: HistoryView, _ period: Period, _ filter: SocketFilter, limit: Int) throws {
        self.view = view
        self.filter = filter
        let oldest = max(try view.oldestSample()?.number ?? view.newestNumber, period.samples.lowerBound)
        let kept = oldest <= period.samples.upperBound ? oldest...period.samples.upperBound : nil
        let isService = try filter.localPort.map { try view.isServicePort($0) } ?? false
        let resolution = isService ? try Resolution(view, period.samples) : nil
        guard let resolution, resolution.usesRollups else {
            let lives = try read(kept, listenersIn: period.samples)
            self.lives = lives
            count = lives.count
            return
        }
        let connections = try Connections(view, resolution.cover, filter)
        if limit == 0 || connections.came <= Self.busy {
            lives = try read(kept, listenersIn: period.samples)
            let told = lives.count { !$0.newest.isListener }
            // A minute may have samples that are kept and others that are not: it counts both.
            let end = resolution.cover.buckets.last?.samples.upperBound ?? 0
            let later = lives.count { !$0.newest.isListener && $0.newest.socketFirst > end }
            untold =
                kept?.lowerBound == period.samples.lowerBound
                ? 0 : max(0, connections.stoodBefore + connections.came + later - told)
            count = lives.count + untold
            return
        }
        lives = try newest(limit, kept, listenersIn: period.samples)
        count = lives.count { $0.newest.isListener } + connections.came
        let first = resolution.samples.first?.lowerBound
        if first != period.samples.lowerBound { count += connections.stoodBefore }
        for range in resolution.samples {
            // Those that stood before the range are counted already, unless the period begins with it.
            let start = range.lowerBound == period.samples.lowerBound ? 0 : range.lowerBound
            count += try read(range, listenersIn: nil).count {
                !$0.newest.isListener && $0.newest.socketFirst >= start
            }
        }
    }

    /// Reads every socket of some samples, and the listeners of others.
    private mutating func read(_ samples: ClosedRange<Int>?, listenersIn all: ClosedRange<Int>?) throws -> [SocketLife]
    {
        var lives = SocketLives()
        var seen: [SocketInterval] = []
        if let samples {
            try view.intervals(in: samples, matching: filter) { interval in
                lives.insert(interval)
                if interval.isListener { seen.append(interval) }
            }
        }
        if let all, all != samples {
            try view.listeners(in: all, matching: filter) { interval in
                // What reaches into the samples was read with them.
                if let samples, interval.first <= samples.upperBound, interval.last >= samples.lowerBound { return }
                lives.insert(interval)
                if interval.isListener { seen.append(interval) }
            }
        }
        if all != nil { listeners = seen }
        return lives.lives
    }

    /// Reads back from the end until there are as many sockets as are asked for.
    private mutating func newest(
        _ limit: Int, _ kept: ClosedRange<Int>?, listenersIn all: ClosedRange<Int>
    ) throws -> [SocketLife] {
        guard let kept else { return try read(nil, listenersIn: all) }
        var length = 512
        while true {
            let start = max(kept.lowerBound, kept.upperBound - length)
            let lives = try read(start...kept.upperBound, listenersIn: all)
            // A socket that began earlier may be older than one that was not read.
            let newest = lives.filter { $0.newest.isListener || $0.newest.socketFirst >= start }
            if start == kept.lowerBound { return lives }
            if newest.count >= limit { return newest }
            length *= 2
        }
    }

    /// What the rollups know of a port's connections.
    private struct Connections {
        /// How many stood before the first bucket.
        var stoodBefore = 0
        /// How many came in the buckets.
        var came = 0

        init(_ view: HistoryView, _ cover: RollupCover, _ filter: SocketFilter) throws {
            for summary in try view.summaries(of: [.serviceSockets, .strays], in: cover, matching: filter)
            where summary.subject.localPort == filter.localPort {
                stoodBefore += summary.before
                came += summary.opened
            }
        }
    }
}
