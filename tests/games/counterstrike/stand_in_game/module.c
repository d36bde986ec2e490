/* A module of the stand-in game: nothing but room for what the game keeps in it. */
#include <windows.h>
__declspec(dllexport) unsigned char room[1 << 20];
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) { return TRUE; }
