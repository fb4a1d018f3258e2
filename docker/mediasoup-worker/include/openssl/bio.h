// OpenSSL's header, with one thing put right for a libssl that knows kernel TLS, as Debian's does.
//
// The worker has a callback on the BIO of its outgoing DTLS that answers 1 when BIO_ctrl() is done, whatever that
// found out. libssl asks the BIO whether the kernel does its TLS, is told yes, gets no buffer to write to, and
// writes to it with the first ServerHello. (mediasoup's own libssl is built without kernel TLS and never asks.)

#include_next <openssl/bio.h>

#ifndef RINGDOWN_BIO_H
#define RINGDOWN_BIO_H

namespace ringdown
{
	// The callback, except that what BIO_ctrl() found out is passed on.
	template<BIO_callback_fn_ex callback>
	long bioCallback(
	  BIO* bio,
	  int operation,
	  const char* data,
	  size_t length,
	  int number,
	  long longNumber,
	  int result,
	  size_t* processed)
	{
		if (operation == (BIO_CB_CTRL | BIO_CB_RETURN))
		{
			return result;
		}

		return callback(bio, operation, data, length, number, longNumber, result, processed);
	}
} // namespace ringdown

#define BIO_set_callback_ex(bio, callback) \
	(BIO_set_callback_ex)(bio, ringdown::bioCallback<callback>)

#endif
