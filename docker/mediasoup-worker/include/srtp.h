// The libsrtp 3 interface that the mediasoup worker calls, on top of Debian's libsrtp 2.
//
// What differs between the two, and what this header does about it:
// - v3 policies are opaque and filled by setters; v2 has a public struct. The v2 struct is renamed
//   while its header is read, and `srtp_policy_t` becomes a pointer to a small struct of our own.
// - v3 protects from an input to an output buffer; v2 works in place. The input is moved first.
// - v3 has two error codes more.
// Every function here is a C++ overload of, or an addition to, what v2 declares.

#ifndef RINGDOWN_SRTP_H
#define RINGDOWN_SRTP_H

#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

namespace ringdown
{
	struct SrtpPolicy
	{
		srtp_ssrc_t ssrc{ ssrc_undefined, 0 };
		srtp_profile_t profile{ srtp_profile_reserved };
		// Master key followed by master salt, as v2 wants them.
		std::array<unsigned char, SRTP_MAX_KEY_LEN> key{};
		bool hasKey{ false };
		bool allowRepeatTx{ false };
		// 0 is v2's word for its default, 128 packets.
		size_t windowSize{ 0 };
	};

	using InPlace = srtp_err_status_t (*)(srtp_t, void*, int*);

	// Runs a v2 in-place call from one buffer to another. `growth` is what the call may add.
	inline srtp_err_status_t transform(
	  InPlace call,
	  srtp_t session,
	  const uint8_t* in,
	  size_t inLen,
	  uint8_t* out,
	  size_t* outLen,
	  size_t growth)
	{
		if (inLen > static_cast<size_t>(std::numeric_limits<int>::max()) - growth)
		{
			return srtp_err_status_bad_param;
		}

		if (*outLen < inLen + growth)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memmove(out, in, inLen);
		}

		int octets       = static_cast<int>(inLen);
		const auto status = call(session, out, &octets);

		if (status == srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(octets);
		}

		return status;
	}
} // namespace ringdown

using srtp_policy_t = ringdown::SrtpPolicy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) ringdown::SrtpPolicy();

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (policy)
	{
		// The compiler may not drop the clearing of a key that is about to be freed.
		volatile unsigned char* key = policy->key.data();

		for (size_t i = 0; i < policy->key.size(); ++i)
		{
			key[i] = 0;
		}
	}

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	srtp_crypto_policy_t probe{};
	const auto status = srtp_crypto_policy_set_from_profile_for_rtp(&probe, profile);

	if (status == srtp_err_status_ok)
	{
		policy->profile = profile;
	}

	return status;
}

// One master key and no MKI: all that the worker uses.
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* /*mki*/,
  size_t mkiLen)
{
	if (policy->hasKey || mkiLen != 0 || keyLen + saltLen > policy->key.size())
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->key.data(), key, keyLen);
	std::memcpy(policy->key.data() + keyLen, salt, saltLen);
	policy->hasKey = true;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->allowRepeatTx = allow;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t packets)
{
	policy->windowSize = packets;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	if (!policy->hasKey)
	{
		return srtp_err_status_bad_param;
	}

	srtp2_policy_t v2{};

	v2.ssrc            = policy->ssrc;
	v2.key             = policy->key.data();
	v2.window_size     = policy->windowSize;
	v2.allow_repeat_tx = policy->allowRepeatTx ? 1 : 0;

	auto status = srtp_crypto_policy_set_from_profile_for_rtp(&v2.rtp, policy->profile);

	if (status == srtp_err_status_ok)
	{
		status = srtp_crypto_policy_set_from_profile_for_rtcp(&v2.rtcp, policy->profile);
	}

	return status == srtp_err_status_ok ? srtp_create(session, &v2) : status;
}

// Both versions take the SSRC in network byte order here.
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
	return ringdown::transform(
	  static_cast<ringdown::InPlace>(srtp_protect), session, rtp, rtpLen, srtp, srtpLen, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return ringdown::transform(
	  static_cast<ringdown::InPlace>(srtp_unprotect), session, srtp, srtpLen, rtp, rtpLen, 0);
}

// SRTCP adds the 4 bytes of its index to the authentication tag.
inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
	return ringdown::transform(
	  static_cast<ringdown::InPlace>(srtp_protect_rtcp),
	  session,
	  rtcp,
	  rtcpLen,
	  srtcp,
	  srtcpLen,
	  SRTP_MAX_TAG_LEN + sizeof(uint32_t));
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return ringdown::transform(
	  static_cast<ringdown::InPlace>(srtp_unprotect_rtcp), session, srtcp, srtcpLen, rtcp, rtcpLen, 0);
}

#endif
