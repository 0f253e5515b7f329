/// How long a history is kept, and how large it may be.
public struct RetentionPolicy: Hashable, Sendable {
    /// The most bytes that the file, its write-ahead log and temporary files may take together; `nil`: no limit.
    public var budget: Int64?
    /// For how long every sample is kept, in milliseconds.
    public var samples: Int64
    /// For how long minutes are kept, in milliseconds.
    public var minutes: Int64
    /// For how long hours, days and listeners are kept, in milliseconds.
    public var hours: Int64

    /// A policy of its parts.
    public init(budget: Int64?, samples: Int64, minutes: Int64, hours: Int64) {
        self.budget = budget
        self.samples = samples
        self.minutes = minutes
        self.hours = hours
    }

    private static let day: Int64 = 86_400_000

    /// 1 GiB; samples for 7 days, minutes for 90 days, hours for 2 years.
    public static let standard = RetentionPolicy(budget: 1 << 30, samples: 7 * day, minutes: 90 * day, hours: 730 * day)
    /// Everything is kept for good.
    public static let unlimited = RetentionPolicy(budget: nil, samples: .max, minutes: .max, hours: .max)

    /// The least budget: a file of less holds no history.
    public static let leastBudget: Int64 = 1 << 20

    /// The settings as table `setting` holds them.
    var settings: [(name: String, value: Int64)] {
        [
            ("budget_bytes", budget ?? 0), ("keep_samples_ms", samples), ("keep_minutes_ms", minutes),
            ("keep_hours_ms", hours),
        ]
    }
}
