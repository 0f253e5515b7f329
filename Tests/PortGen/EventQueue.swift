/// What happens on the simulated host; ``Event/subject`` says to whom.
enum EventKind: UInt8 {
    /// A stream connects; the subject is a stream.
    case connect
    /// A stream opens one of its standing connections; the subject is a stream.
    case pool
    /// A client comes to a service; the subject is a service.
    case request
    /// A program sends datagrams from a port of its own; the subject is a datagram stream.
    case datagram
    /// One end closes a connection, or a program its UDP socket; the subject is a socket.
    case close
    /// The other end closes as well; the subject is a socket.
    case finish
    /// A TIME_WAIT ends; the subject is a socket.
    case expire
    /// A TIME_WAIT may be reused from now on; the subject is a socket.
    case reusable
    /// A connection leaves the accept queue; the subject is a socket.
    case accept
    /// The subject is a program.
    case deploy
    /// The subject is a program.
    case start
    /// A worker is replaced by a new one; the subject is a program.
    case recycle
    /// A short-lived process does its work; the subject is a stream.
    case cron
    /// One more of the leak's connections; the subject is a stream.
    case leak
    /// One more of the burst's connections; the subject is a stream.
    case burst
    /// Something of the timeline; the subject is its index.
    case incident
}

/// Something that is due.
struct Event {
    /// Milliseconds since the simulation's start.
    var due: Int64
    var subject: Int32
    /// Tells whether the socket's slot still holds the socket that was meant.
    var generation: UInt32 = 0
    var kind: EventKind
}

/// A binary heap of events, the earliest first.
struct EventQueue {
    private var events: [Event] = []

    /// When the earliest event is due.
    var due: Int64? { events.first?.due }

    mutating func insert(_ event: Event) {
        events.append(event)
        events.withUnsafeMutableBufferPointer { events in
            var child = events.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                if events[parent].due <= event.due { break }
                events[child] = events[parent]
                child = parent
            }
            events[child] = event
        }
    }

    mutating func removeFirst() -> Event? {
        guard let first = events.first, let last = events.popLast() else { return nil }
        if events.isEmpty { return first }
        events.withUnsafeMutableBufferPointer { events in
            var parent = 0
            while true {
                var child = parent * 2 + 1
                if child >= events.count { break }
                if child + 1 < events.count, events[child + 1].due < events[child].due { child += 1 }
                if last.due <= events[child].due { break }
                events[parent] = events[child]
                parent = child
            }
            events[parent] = last
        }
        return first
    }

    /// Takes out what no longer matters.
    mutating func removeAll(where isGone: (Event) -> Bool) {
        let kept = events.filter { !isGone($0) }
        events = []
        for event in kept { insert(event) }
    }
}
