import PortModel
import ProcFS
import SockDiag

extension HostProbe {
    /// Finds who holds some sockets, and has each socket asked for its options where that is wanted.
    ///
    /// - Parameters:
    ///   - inodes: the sockets; 0 is none.
    ///   - inspects: read SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY and the device of each by pidfd_getfd(2), which takes
    ///     CAP_SYS_PTRACE.
    /// - Returns: The first reason why a socket could not be asked, where one could not.
    public func findOwners(of inodes: Set<UInt64>, in look: inout HostLook, inspects: Bool = false) -> String? {
        let wanted = inodes.subtracting([0])
        guard !wanted.isEmpty, let pids = try? proc.pids() else { return nil }
        let bootTime = (try? proc.bootTime()) ?? Timestamp(milliseconds: 0)
        var owners: [UInt64: [PortOwner]] = [:]
        var options: [UInt64: SocketOptions] = [:]
        var failure: String?
        for pid in pids {
            guard let process = try? proc.process(pid) else { continue }
            var held: [(descriptor: Int32, inode: UInt64)] = []
            do throws(ProcError) {
                let descriptors = try process.descriptors()
                try descriptors.forEachSocket { descriptor, inode in
                    if wanted.contains(inode) { held.append((descriptor, inode)) }
                    return true
                }
            } catch .permissionDenied {
                look.permissionDenied += 1
            } catch {
                continue
            }
            guard !held.isEmpty, let owner = try? process.owner(bootTime: bootTime) else { continue }
            for (descriptor, inode) in held {
                if owners[inode]?.contains(owner) != true { owners[inode, default: []].append(owner) }
                if !inspects || options[inode] != nil { continue }
                do throws(SocketInspectionError) {
                    options[inode] = try SocketInspector().options(of: descriptor, in: pid, inode: inode)
                } catch {
                    failure = failure ?? "\(owner.command)/\(pid): \(error)"
                }
            }
        }
        for (inode, owners) in owners { look.owners[inode] = Ownership(owners: owners, attribution: .observed) }
        for index in look.sockets.indices {
            guard let options = options[look.sockets[index].row.inode] else { continue }
            look.sockets[index].note(options)
        }
        return failure
    }
}

extension BoundSocket {
    /// Fills in what the socket itself says.
    mutating func note(_ options: SocketOptions) {
        reuseAddress = options.reuseAddress
        reusePort = options.reusePort
        interface = options.interface
        if !row.local.address.isIPv4 { isV6Only = options.v6Only ?? isV6Only }
    }
}
