import PortModel

/// How to give the kernel more ports to choose from.
struct RangeRemedies {
    let scene: PortScene

    /// A range of a scene's namespace.
    init(_ scene: PortScene) { self.scene = scene }

    /// One line a remedy.
    var lines: [String] {
        let (limits, range) = (scene.limits, scene.limits.range)
        let place =
            scene.namespace == Snapshot.hostNamespace
            ? "" : "In the network namespace \(TextEscape.escaped(scene.namespace)): "
        var lines: [String] = []
        let low: UInt16 = 10_240
        if range.first > low || range.last < 65_535 {
            let first = min(range.first, low)
            lines.append(
                "\(place)Widen the range: sysctl -w net.ipv4.ip_local_port_range=\"\(first) 65535\" (\(65_536 - Int(first)) ports instead of \(range.count)), and reserve what listens in it (portlog doctor has the line)"
            )
        }
        let reserved = range.count - limits.choosable
        if reserved * 10 >= range.count {
            lines.append(
                "\(reserved) of the range's \(range.count) ports are reserved (net.ipv4.ip_local_reserved_ports): reserve no more than what listens there"
            )
        }
        return lines
    }
}
