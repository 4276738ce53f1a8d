/* sanitizer.h -- whether AddressSanitizer or ThreadSanitizer checks the program: work takes several times as long then. */
#ifndef MICA_TESTS_SANITIZER_H
#define MICA_TESTS_SANITIZER_H

#if defined(__has_feature)
#define SANITIZER_HAS(feature) __has_feature(feature)
#else
#define SANITIZER_HAS(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || SANITIZER_HAS(thread_sanitizer) || \
    SANITIZER_HAS(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
