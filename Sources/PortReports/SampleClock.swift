import PortHistory
import PortModel

/// When samples were taken, asked of the history once for each.
public final class SampleClock {
    private let view: HistoryView
    private var times: [Int: Timestamp] = [:]

    /// The clock of a history.
    public init(_ view: HistoryView) {
        self.view = view
    }

    /// When a sample was taken; of one that is no longer kept as far as the history can tell.
    public subscript(sample: Int) -> Timestamp {
        get throws {
            if let time = times[sample] { return time }
            let time = try view.time(of: sample)
            times[sample] = time
            return time
        }
    }
}
