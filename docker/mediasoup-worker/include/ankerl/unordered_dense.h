// The part of ankerl::unordered_dense that the mediasoup worker uses, on the standard containers.
//
// Only speed differs: nodes are allocated one by one. Iterators stay valid where the original's
// would not, and `erase` returns the next iterator in both.

#ifndef RINGDOWN_ANKERL_UNORDERED_DENSE_H
#define RINGDOWN_ANKERL_UNORDERED_DENSE_H

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	// 64 bits well mixed; the standard library's hash of an integer is the integer itself.
	template<typename T>
	struct hash
	{
		auto operator()(const T& value) const noexcept -> uint64_t
		{
			auto x = static_cast<uint64_t>(std::hash<T>{}(value));

			x ^= x >> 32;
			x *= 0x9e3779b97f4a7c15ULL;
			x ^= x >> 29;

			return x;
		}
	};

	template<typename Key, typename T, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, T, Hash, Equal>;

	template<typename Key, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense

#endif
