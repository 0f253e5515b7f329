import PortModel

/// Samples that a recorder is losing now, and why: what it can't write into the history, it writes beside its lock.
public struct RecorderLoss: Hashable, Sendable {
    /// How many have been lost in a row.
    public var samples: Int
    /// When the first of them was due.
    public var since: Timestamp
    /// Why, in words.
    public var cause: String

    /// A loss of its properties.
    public init(samples: Int, since: Timestamp, cause: String) {
        self.samples = samples
        self.since = since
        self.cause = cause
    }

    /// One line of text.
    var line: String {
        "lost \(samples) since \(since.milliseconds) \(cause.split(separator: "\n").joined(separator: " "))\n"
    }

    /// Reads such a line; `nil` for anything else.
    init?(line: Substring) {
        let fields = line.split(separator: " ", maxSplits: 4)
        guard fields.count == 5, fields[0] == "lost", let samples = Int(fields[1]), let since = Int64(fields[3]) else {
            return nil
        }
        self.init(samples: samples, since: Timestamp(milliseconds: since), cause: String(fields[4]))
    }
}
