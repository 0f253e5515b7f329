import PortHistory
import PortModel

/// A moment that a question asks about, and the sample that answers it: the newest one not after the moment.
public struct Instant: Sendable {
    /// The moment asked for.
    public let at: Timestamp
    /// The number of the sample that answers.
    public let number: Int
    /// When it was taken.
    public let takenAt: Timestamp
    /// Whether the sample is kept. Of one that is not only the listeners are known.
    public let isKept: Bool

    /// The instant of a question; `nil` asks for the newest sample.
    ///
    /// - Parameter mayBeRolledUp: where the sample is no longer kept, the last one of a minute, hour or day that has ended answers.
    /// - Throws: ``NoSampleError`` when no sample is old enough, or what there was then is no longer known.
    public init(_ view: HistoryView, at moment: Timestamp?, mayBeRolledUp: Bool = false) throws {
        guard let newest = try view.newestSample(), let oldest = try view.oldestSample() else {
            throw NoSampleError.empty
        }
        if let sample = try moment.map({ try view.sample(notAfter: $0) }) ?? newest {
            (number, takenAt, isKept) = (sample.number, sample.takenAt, true)
            at = moment ?? sample.takenAt
            return
        }
        let asked = moment ?? newest.takenAt
        guard let boundary = try view.boundary(notAfter: asked) else {
            throw NoSampleError.moment(asked, history: oldest.takenAt...max(oldest.takenAt, newest.takenAt))
        }
        if !mayBeRolledUp {
            throw NoSampleError.rolledUp(asked, kept: oldest.takenAt...max(oldest.takenAt, newest.takenAt))
        }
        (number, takenAt, isKept) = (boundary.number, boundary.takenAt, false)
        at = asked
    }

    /// The sample as documents show it.
    public var document: SampleDocument { SampleDocument(number: number, takenAt: takenAt) }
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
