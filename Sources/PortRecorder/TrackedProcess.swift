import PortModel

/// A process as the attributor knows it.
struct TrackedProcess {
    /// Who it is.
    var owner: PortOwner
    /// How many sockets it holds.
    var sockets = 0
    /// The highest descriptor that was a socket; new ones beyond all known are looked for above it.
    var highest: Int32 = -1
    /// Descriptors up to the highest that are no known socket now, so that new sockets may be given them.
    private(set) var freed: Set<Int32> = []
    /// The attributor's sample in which it was last found to hold a new socket.
    private(set) var active = 0
    /// The attributor's sample in which all its descriptors were listed last.
    var looked = 0
    /// The attributor's sample in which it was seen first, or got its first socket.
    private(set) var since: Int
    /// How many descriptors it had when it was asked last; `nil` where that was not asked, or the kernel does not say.
    var descriptors: Int?
    /// Its descriptors may not be read.
    var isDenied = false

    /// How many free descriptors are remembered. The kernel gives out the lowest first, so the highest are forgotten.
    private static let freedLimit = 4096

    /// A process of which nothing but its owner is known.
    init(owner: PortOwner, since sample: Int) { (self.owner, since) = (owner, sample) }

    /// A descriptor is a socket; `isNew` when the process was not known to hold it.
    mutating func took(_ number: Int32, isNew: Bool, in sample: Int) {
        freed.remove(number)
        if highest >= 0, number > highest + 1 {
            for hole in (highest + 1)..<number where freed.count < Self.freedLimit { freed.insert(hole) }
        }
        highest = max(highest, number)
        if isNew {
            if sockets == 0 { since = sample }
            sockets += 1
            active = sample
        }
    }

    /// A descriptor lost its socket.
    mutating func free(_ number: Int32) {
        sockets = max(0, sockets - 1)
        freed.insert(number)
        if freed.count > Self.freedLimit { freed = Set(freed.sorted().prefix(Self.freedLimit / 2)) }
    }

    /// A descriptor is closed, or is another socket by now.
    mutating func mayReuse(_ number: Int32) {
        if freed.count < Self.freedLimit { freed.insert(number) }
    }

    /// The descriptors that new sockets may have been given, in the order in which the kernel gives them out.
    func candidates() -> [Int32] { freed.sorted() }
}
