import PortHistory
import PortModel

/// When samples were taken, read from the history in pieces as they are asked for.
public final class SampleClock {
    private static let piece = 1024

    private let view: HistoryView
    private var pieces: [Int: SampleTimes] = [:]
    private var oldest: SampleRecord?
    private var earlier: [Int: Timestamp] = [:]

    /// The clock of a history.
    public init(_ view: HistoryView) {
        self.view = view
    }

    /// When a sample was taken; of one that is no longer kept as far as the history can tell.
    public subscript(sample: Int) -> Timestamp {
        get throws {
            if oldest == nil { oldest = try view.oldestSample() }
            guard let oldest, sample >= oldest.number else {
                if let time = earlier[sample] { return time }
                let time = try view.time(of: sample)
                earlier[sample] = time
                return time
            }
            let index = sample / Self.piece
            if let times = pieces[index] { return times[sample] }
            let start = max(oldest.number, index * Self.piece)
            let times = try view.times(of: start...(index * Self.piece + Self.piece - 1))
            pieces[index] = times
            return times[sample]
        }
    }
}
