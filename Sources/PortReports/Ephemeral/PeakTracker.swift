/// The highest utilization of each destination over a period in which the capacity, which all of them share, changes too.
///
/// A destination costs work only when its own use changes: what the capacity did in the meantime is asked of a stack of its
/// running minima.
struct PeakTracker {
    /// The worst moment of a destination.
    struct Peak: Hashable, Sendable {
        /// Ports used.
        var used: Int
        /// Ports that there were.
        var capacity: Int
        /// The first sample at which it was so.
        var sample: Int

        /// Used of capacity; 1 without any capacity.
        var utilization: Double { capacity == 0 ? 1 : Double(used) / Double(capacity) }
    }

    /// The use of a destination since a sample.
    private struct Segment {
        var used: Int
        var capacity: Int
        var start: Int
    }

    private var segments: [Segment?] = []
    private var peaks: [Peak?] = []
    /// Changes of the capacity that no later one undercut; never falling from bottom to top.
    private var minima: [(sample: Int, capacity: Int)] = []
    private var capacity: Int?

    /// Notes the state of a sample.
    ///
    /// - Parameter changes: the destinations whose use is another than before, with the ports that they use now.
    mutating func note(sample: Int, capacity: Int, _ changes: some Sequence<(destination: Int, used: Int)>) {
        for (destination, _) in changes { close(destination) }
        if capacity != self.capacity {
            while let last = minima.last, last.capacity > capacity { minima.removeLast() }
            minima.append((sample, capacity))
            self.capacity = capacity
        }
        for (destination, used) in changes {
            while segments.count <= destination {
                segments.append(nil)
                peaks.append(nil)
            }
            segments[destination] = Segment(used: used, capacity: capacity, start: sample)
        }
    }

    /// The worst moment of a destination up to the last sample noted.
    mutating func peak(of destination: Int) -> Peak? {
        close(destination)
        return destination < peaks.count ? peaks[destination] : nil
    }

    private mutating func close(_ destination: Int) {
        guard destination < segments.count, let segment = segments[destination] else { return }
        raise(destination, Peak(used: segment.used, capacity: segment.capacity, sample: segment.start))
        // The first of the minima after the segment's start is the least capacity since then.
        var low = 0
        var high = minima.count
        while low < high {
            let middle = (low + high) / 2
            if minima[middle].sample <= segment.start { low = middle + 1 } else { high = middle }
        }
        guard low < minima.count else { return }
        raise(
            destination, Peak(used: segment.used, capacity: minima[low].capacity, sample: minima[low].sample))
    }

    private mutating func raise(_ destination: Int, _ peak: Peak) {
        guard let highest = peaks[destination] else { return peaks[destination] = peak }
        if (peak.utilization, peak.used) > (highest.utilization, highest.used) { peaks[destination] = peak }
    }
}
