// The one function of bcryptprimitives.dll that Rust's standard library calls; Wine 8 has no such library.
int __stdcall SystemFunction036(void *bytes, unsigned long count); // RtlGenRandom, of advapi32
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long count) {
    return SystemFunction036(bytes, (unsigned long)count);
}
