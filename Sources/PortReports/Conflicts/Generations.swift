import PortModel

/// The sockets of one address and port, put together where one carries over to the next: what came, stayed and went.
struct Generations: Sendable {
    /// The sockets of each generation, by their first samples. Between two generations there is a sample after which none of
    /// the earlier sockets is left.
    let generations: [[SocketLife]]

    /// The generations of sockets, given by their first samples.
    init(of lives: [SocketLife]) {
        var result: [[SocketLife]] = []
        var end = Int.min
        for life in lives {
            if result.isEmpty || life.first > end { result.append([]) }
            result[result.count - 1].append(life)
            end = max(end, life.last)
        }
        generations = result
    }

    /// The last sample of each generation.
    var ends: [Int] { generations.compactMap { $0.map(\.last).max() } }

    /// Each time that new sockets followed after the last of the old ones.
    var successions: [Succession] {
        zip(generations, generations.dropFirst()).compactMap { old, new in
            guard let end = old.map(\.last).max(), let start = new.first?.first else { return nil }
            return Succession(
                start: start, old: old.filter { $0.last == end }, new: new.filter { $0.first == start })
        }
    }

    /// One generation after another.
    struct Succession: Sendable {
        /// The first sample of the new one.
        var start: Int
        /// The sockets of the old one that were there last.
        var old: [SocketLife]
        /// The sockets that the new one began with.
        var new: [SocketLife]
    }
}

extension [SocketLife] {
    /// Those seen last first, then those that began last; the same order every time.
    var newestFirst: [SocketLife] {
        sorted { a, b in
            if a.last != b.last { return a.last > b.last }
            if a.first != b.first { return a.first > b.first }
            if a.newest.inode != b.newest.inode { return a.newest.inode > b.newest.inode }
            return a.newest.isOrdered(before: b.newest)
        }
    }
}
