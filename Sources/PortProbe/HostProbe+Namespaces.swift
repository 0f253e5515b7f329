import ProcFS

extension HostProbe {
    /// How many network namespaces besides the caller's there are processes in, as far as the caller may see; `nil` where not even
    /// its own can be told.
    public func foreignNamespaces() -> Int? {
        guard let own = try? proc.networkNamespace(of: "self"), let pids = try? proc.pids() else { return nil }
        return Set(pids.compactMap { try? proc.networkNamespace(of: $0) }).subtracting([own]).count
    }
}
