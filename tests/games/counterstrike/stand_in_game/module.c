/* A module of the stand-in game: nothing but room for what the game keeps in it, as much as
 * CS:GO's client.dll has. */
#include <windows.h>
__declspec(dllexport) unsigned char room[96 << 20];
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) { return TRUE; }
