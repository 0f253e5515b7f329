import GRDB
import PortModel

/// Which series are given up: those of destinations when another one needs the place (``DestinationCounts``), others here.
extension RollupWriter {
    /// An hour is over: what has had nothing to count for a day is no longer recorded. Of services only where most places are taken:
    /// the series tells who came last.
    mutating func endQuiet(_ tables: RollupTables) throws {
        guard let last = try tables.lastSample(by: clock - RollupLevel.day.milliseconds) else { return }
        let short = Set(namespaces.filter { $0.value.isShortOfServices }.keys)
        for index in Array(book.live) {
            let subject = book.meters[index].subject
            let namespace = Int16(truncatingIfNeeded: subject.namespace)
            guard isQuiet(subject, since: last) else { continue }
            switch subject.kind {
            case .listeners, .strays: book.end(index)
            case .serviceSockets:
                let (timeWait, listener) = (subject.of(.serviceTimeWait), subject.of(.listeners))
                guard subject.localAddress != nil, short.contains(namespace), isQuiet(timeWait, since: last),
                    isQuiet(listener, since: last)
                else { continue }
                book.end(index)
                if let index = book.index(of: timeWait) { book.end(index) }
                namespaces[namespace]?.endService()
            default: continue
            }
        }
        for namespace in namespaces.keys { namespaces[namespace]?.forgetServicePorts() }
        restoreServicePorts()
    }

    /// Takes the ports on which services listen from the series of listeners.
    mutating func restoreServicePorts() {
        for index in book.live where book.meters[index].subject.kind == .listeners {
            let subject = book.meters[index].subject
            namespaces[Int16(truncatingIfNeeded: subject.namespace)]?
                .restore(servicePort: subject.localPort, subject.transport)
        }
    }

    /// Whether a series counts nothing, and has not since a sample, or is not recorded.
    private func isQuiet(_ subject: SeriesSubject, since sample: Int) -> Bool {
        guard let index = book.index(of: subject) else { return true }
        let meter = book.meters[index]
        return meter.level == 0 && !meter.isTouched && meter.last <= sample
    }
}

extension SeriesSubject {
    /// Another kind of series of the same.
    func of(_ kind: SeriesKind) -> SeriesSubject {
        var subject = self
        subject.kind = kind
        return subject
    }
}
