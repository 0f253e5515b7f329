import PortModel
import Testing

@testable import PortHistory

/// What became of destinations, read page by page.
struct DestinationPagesTests {
    private func all(
        _ pages: DestinationPages, of reader: HistoryReader, rows: Int, between: () throws -> Void = {}
    ) throws -> [DestinationFigures] {
        var pages = pages
        var found: [DestinationFigures] = []
        while try reader.read({ view in try pages.next(view, PageLimit(rows: rows)) { found.append($0) } }) {
            try between()
        }
        return found
    }

    /// What came and went in TCP towards each destination, by what the questions are answered from.
    private func summaries(_ view: HistoryView, _ samples: ClosedRange<Int>) throws -> [SeriesSubject: SeriesSummary] {
        let cover = try view.cover(samples)
        #expect(cover.rest.isEmpty)
        let all = try view.summaries(of: [.destinationUsed, .destinationTimeWait], in: cover)
        return Dictionary(uniqueKeysWithValues: all.map { ($0.subject, $0) })
    }

    private func expectSums(
        _ found: [DestinationFigures], _ summaries: [SeriesSubject: SeriesSummary], _ comment: Comment
    ) {
        for (subject, summary) in summaries {
            let rows = found.filter { $0.destination == subject.destination && $0.namespace == subject.namespace }
                .compactMap { subject.kind == .destinationUsed ? $0.used : $0.timeWait }
            #expect(rows.reduce(0) { $0 + $1.opened } == summary.opened, comment)
            #expect(rows.reduce(0) { $0 + $1.closed } == summary.closed, comment)
            #expect(rows.last?.level ?? summary.level == summary.level, comment)
            #expect((rows.map(\.peak.level).max() ?? 0) <= max(summary.peak.level, rows.first?.before ?? 0), comment)
        }
    }

    @Test("minutes add up to what the questions tell, without what comes between the pages", arguments: [1, 40])
    func minutes(rows: Int) throws {
        let history = try RandomHistory(seed: 1)
        try history.record(300)
        let reader = try history.reader()
        let (pages, wanted) = try reader.read { view in
            (try DestinationPages(view, in: 1...300), try summaries(view, 1...300))
        }
        #expect(wanted.count > 20)
        let found = try all(pages, of: reader, rows: rows) { try history.record(1) }
        #expect(found.allSatisfy { $0.bucket.level == .minute })
        #expect(found.allSatisfy { $0.used != nil || $0.timeWait != nil })
        #expect(found.contains { $0.used == nil } && found.contains { $0.timeWait == nil })
        expectSums(found, wanted, "\(rows)")
        #expect(found.map(\.bucket.samples.upperBound).max() == 300)
    }

    @Test("each part of the period is told by the finest that is kept of it, and only once")
    func resolutions() throws {
        // Minutes go after an hour, hours after three: the hours of a day before the day itself.
        let hour: Int64 = 3_600_000
        let policy = RetentionPolicy(budget: nil, samples: hour / 2, minutes: hour, hours: 3 * hour)
        let history = try RandomHistory(seed: 2, retention: policy, step: 60_000)
        try history.record(24 * 60 + 90)
        let reader = try history.reader()
        let newest = history.newest
        let (pages, wanted) = try reader.read { view in
            (try DestinationPages(view, in: 1...newest), try summaries(view, 1...newest))
        }
        let found = try all(pages, of: reader, rows: 10)
        var buckets: [RollupBucket] = []
        for figures in found where buckets.last != figures.bucket { buckets.append(figures.bucket) }
        #expect(Set(buckets.map(\.level)) == [.day, .hour, .minute])
        #expect(buckets.map(\.level) == buckets.map(\.level).sorted(by: >))
        for (bucket, next) in zip(buckets, buckets.dropFirst()) {
            #expect(bucket.samples.upperBound < next.samples.lowerBound)
        }
        expectSums(found, wanted, "all")
        // A period within an hour whose minutes are gone is answered by the hour.
        let part = buckets.first { $0.level == .hour }.map { $0.samples.lowerBound + 5 } ?? 0
        let short = try all(reader.read { try DestinationPages($0, in: part...part) }, of: reader, rows: 10)
        #expect(!short.isEmpty && short.allSatisfy { $0.bucket.level == .hour })
    }

    @Test("a filter lets through what it names, and UDP has no destinations")
    func filters() throws {
        let history = try RandomHistory(seed: 3)
        try history.record(60)
        let reader = try history.reader()
        func count(_ filter: SocketFilter) throws -> Int {
            try all(reader.read { try DestinationPages($0, in: 1...60, matching: filter) }, of: reader, rows: 99).count
        }
        let everything = try count(SocketFilter())
        #expect(everything > 0)
        #expect(try count(SocketFilter(namespace: "host", transport: .tcp)) == everything)
        #expect(try count(SocketFilter(namespace: "nowhere")) == 0)
        #expect(try count(SocketFilter(transport: .udp)) == 0)
    }
}
