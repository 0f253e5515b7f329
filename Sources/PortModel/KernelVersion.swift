/// A kernel release such as `6.18.44-generic`, as far as behaviour depends on it: major and minor number.
public struct KernelVersion: Hashable, Sendable, Comparable {
    /// The first number of the release.
    public let major: Int
    /// The second number of the release.
    public let minor: Int

    /// A version of its numbers.
    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads the start of what `/proc/sys/kernel/osrelease` holds; `nil` when it does not begin with two numbers.
    public init?(release: String) {
        let numbers = release.split(separator: ".", maxSplits: 2).prefix(2).map { part in
            Int(part.prefix(while: { $0.isASCII && $0.isNumber }))
        }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor)
    }

    /// Older is less.
    public static func < (a: KernelVersion, b: KernelVersion) -> Bool {
        (a.major, a.minor) < (b.major, b.minor)
    }
}
