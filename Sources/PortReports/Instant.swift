import PortHistory
import PortModel

/// A moment that a question asks about, and the sample that answers it: the newest one not after the moment.
public struct Instant: Sendable {
    /// The moment asked for.
    public let at: Timestamp
    /// The sample that answers.
    public let sample: SampleRecord

    /// The instant of a question; `nil` asks for the newest sample.
    ///
    /// - Throws: ``NoSampleError`` when no sample is old enough.
    public init(_ view: HistoryView, at moment: Timestamp?) throws {
        guard let newest = try view.newestSample(), let oldest = try view.oldestSample() else {
            throw NoSampleError.empty
        }
        guard let sample = try moment.map({ try view.sample(notAfter: $0) }) ?? newest else {
            throw NoSampleError.moment(moment ?? newest.takenAt, history: oldest.takenAt...newest.takenAt)
        }
        at = moment ?? sample.takenAt
        self.sample = sample
    }

    /// The sample as documents show it.
    public var document: SampleDocument { SampleDocument(number: sample.number, takenAt: sample.takenAt) }
}

/// `sample` of the documents that answer for one moment.
public struct SampleDocument: Hashable, Sendable, Encodable {
    /// The number of the sample.
    public var number: Int
    /// When it was taken.
    public var takenAt: Timestamp

    /// A document of its fields.
    public init(number: Int, takenAt: Timestamp) {
        self.number = number
        self.takenAt = takenAt
    }

    private enum CodingKeys: String, CodingKey {
        case number
        case takenAt = "taken_at"
    }
}
