/// A binary heap of things that happen at a moment, the earliest first.
struct DueQueue: Sendable {
    /// Something that is due at a moment.
    struct Item: Sendable {
        var due: Int64
        var slot: Int32
        /// Tells whether the slot still holds what it held.
        var generation: UInt32
    }

    private var items: [Item] = []

    /// The earliest.
    var first: Item? { items.first }

    mutating func removeAll() { items.removeAll(keepingCapacity: true) }

    mutating func insert(_ item: Item) {
        items.append(item)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent].due <= items[child].due { break }
            items.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the earliest out.
    mutating func removeFirst() {
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < items.count {
                if items[child].due < items[least].due { least = child }
            }
            if least == parent { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
