/* A stand-in for Counter-Strike: a window, players that obey Source's movement, the game's structures in memory,
 * a console that is reached through a bound key, a console log, and Game State Integration.
 *
 * What it keeps where is read from layout.txt beside the program (lines of "name value"), so that every run of the
 * tests can lay it out anew. What every player held is written to inputs.csv. Options, as on a command line of the
 * game: -insecure -condebug -remote (says that it is on a server elsewhere) -demo (says that it plays a demo)
 * -loading SECONDS -warmup SECONDS -secret (posts with a wrong token) -drift (memory disagrees with what is posted)
 */
#define _WIN32_WINNT 0x0601
#include <winsock2.h>
#include <windows.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAYERS 6
#define TICK (1.0 / 64)
#define SPACE_OF_ONE 0x20000  /* more than an entity of CS:GO has */
#define PI 3.14159265358979
enum { W = 1, A = 2, S = 4, D = 8, SPACE = 16, CTRL = 32, SHIFT = 64, FIRE = 128, RELOAD = 256 };
enum { OBSERVER = PLAYERS };

typedef struct {
    char name[32], steamid[24];
    double x, y, z, vx, vy, vz, yaw, pitch, height;
    int health, kills, deaths, clip, team, weapon, keys;
    double born, next_shot, reload_until, decide_at, turn, tilt;
} Player;

static Player player[PLAYERS + 1];
static int spectating, observed = 1, mode = 6, is_cs2, frames, decals_cleared, rounds;
static double now, loading, warmup, restart_at = -1;
static char root[MAX_PATH], given[64] = "weapon_knife";
static HWND window;
static const char *weapon_name[] = {"weapon_knife", "weapon_ak47"};
static const int weapon_index[] = {42, 7};

static int option(const char *name) { return strstr(GetCommandLineA(), name) != NULL; }
static double option_value(const char *name) {
    const char *found = strstr(GetCommandLineA(), name);
    return found ? atof(found + strlen(name)) : 0;
}
static double chance(void) { return rand() / (RAND_MAX + 1.0); }

/* ---- layout ---- */
static struct { char name[64]; long long value; } layout[128];
static int layout_size;
static void read_layout(void) {
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s\\layout.txt", root);
    FILE *file = fopen(path, "r");
    while (file && layout_size < 128 &&
           fscanf(file, "%63s %lld", layout[layout_size].name, &layout[layout_size].value) == 2) layout_size++;
    if (file) fclose(file);
}
static long long at(const char *name) {
    for (int i = 0; i < layout_size; i++) if (!strcmp(layout[i].name, name)) return layout[i].value;
    fprintf(stderr, "layout has no %s\n", name);
    ExitProcess(3);
}

/* ---- memory ---- */
static unsigned char *client, *engine, *heap;
static unsigned char *entity(int i) { return heap + i * SPACE_OF_ONE; }      /* 0..PLAYERS: players and the observer */
static unsigned char *gun(int i) { return heap + (16 + i) * SPACE_OF_ONE; }  /* their weapons */
static unsigned char *extra(int i) { return heap + (32 + i) * SPACE_OF_ONE; }
static void put(unsigned char *place, const void *value, int size) { memcpy(place, value, size); }
static void put_i(unsigned char *place, int value) { put(place, &value, 4); }
static void put_f(unsigned char *place, float value) { put(place, &value, 4); }
static void put_3(unsigned char *place, double x, double y, double z) {
    put_f(place, (float)x); put_f(place + 4, (float)y); put_f(place + 8, (float)z);
}
static void put_p(unsigned char *place, void *value) {
    size_t address = (size_t)value;
    put(place, &address, is_cs2 ? 8 : 4);
}
static int handle_of(int index) { return index | (index * 7 + 3) << (is_cs2 ? 15 : 12); }
static int entity_index(int i) { return i == OBSERVER ? 20 : i + 1; }
static int weapon_handle_index(int i) { return 600 + i; }

static void list_entity(int index, void *value) {
    if (!is_cs2) { put_p(client + at("dwEntityList") + (index - 1) * 0x10, value); return; }
    unsigned char *list = extra(0), *chunk = extra(1 + (index >> 9));
    put_p(client + at("dwEntityList"), list);
    put_p(list + 0x10 + 8 * (index >> 9), chunk);
    put_p(chunk + at("stride") * (index & 0x1FF), value);
}

static void write_memory(void) {
    int me = spectating ? OBSERVER : 0;
    for (int i = 0; i <= PLAYERS; i++) {
        Player *p = &player[i];
        unsigned char *e = entity(i), *g = gun(i);
        int shown = option("-drift") && i != OBSERVER ? 101 - p->health : p->health;
        list_entity(entity_index(i), e);
        list_entity(weapon_handle_index(i), g);
        put_i(e + at("m_iHealth"), shown);
        put(e + at("m_iTeamNum"), &p->team, is_cs2 ? 1 : 4);
        put_3(e + at("velocity"), p->vx, p->vy, p->vz);
        put_f(e + at("view_z"), (float)p->height);
        put_i(e + at("m_ArmorValue"), 100);
        put_i(g + at("m_iClip1"), p->weapon ? p->clip : -1);
        e[at("m_bIsScoped")] = 0;
        e[at("m_lifeState")] = p->health <= 0;
        short definition = (short)weapon_index[p->weapon];
        if (is_cs2) {
            unsigned char *node = extra(8 + i), *weapons = node + 0x1000, *observing = node + 0x2000, *camera = node + 0x3000;
            put_p(e + at("m_pGameSceneNode"), node);
            put_3(node + at("m_vecAbsOrigin"), p->x, p->y, p->z);
            put_3(e + at("m_vOldOrigin"), p->x, p->y, p->z);
            put_p(e + at("m_pWeaponServices"), i == OBSERVER ? NULL : weapons);
            put_i(weapons + at("m_hActiveWeapon"), handle_of(weapon_handle_index(i)));
            put_p(e + at("m_pCameraServices"), camera);
            put_i(camera + at("m_iFOV"), 0);
            put_p(e + at("m_pObserverServices"), observing);
            observing[at("m_iObserverMode")] = i == me && spectating ? (mode == 4 ? 2 : mode == 5 ? 3 : 4) : 0;
            put_i(observing + at("m_hObserverTarget"), i == me && spectating ? handle_of(entity_index(observed)) : -1);
            put_3(e + at("m_angEyeAngles"), p->pitch, p->yaw, 0);
            put_3(e + at("v_angle"), p->pitch, p->yaw, 0);
            put(g + at("m_iItemDefinitionIndex"), &definition, 2);
        } else {
            put_3(e + at("m_vecOrigin"), p->x, p->y, p->z);
            put_i(e + at("m_hActiveWeapon"), i == OBSERVER ? -1 : handle_of(weapon_handle_index(i)));
            put_i(e + at("m_iObserverMode"), i == me && spectating ? mode : 0);
            put_i(e + at("m_hObserverTarget"), i == me && spectating ? handle_of(entity_index(observed)) : -1);
            put_i(e + at("m_iFOVStart"), 90);
            int both = definition | 4 << 16;
            put_i(g + at("m_iItemDefinitionIndex"), both);
        }
    }
    Player *seen = &player[spectating ? observed : 0];
    if (is_cs2) {
        unsigned char *controller = extra(15);
        put_p(client + at("dwLocalPlayerController"), controller);
        put_i(controller + at("m_hPawn"), handle_of(entity_index(me)));
        put_p(client + at("dwLocalPlayerPawn"), loading > now ? NULL : entity(me));
        put_3(client + at("dwViewAngles"), player[0].pitch, player[0].yaw, 0);
        put_i(engine + at("dwBuildNumber"), (int)at("build"));
    } else {
        put_p(client + at("dwLocalPlayer"), loading > now ? NULL : entity(me));
        put_p(engine + at("dwClientState"), extra(15));
        put_3(extra(15) + at("dwClientState_ViewAngles"), seen->pitch, seen->yaw, 0);
    }
}

/* ---- movement ---- */
static void move(Player *p) {
    if (p->health <= 0) { p->vx = p->vy = p->vz = 0; return; }
    int k = p->keys, grounded = p->z <= 0;
    double run = p->weapon ? 215 : 250, top = run * (k & CTRL ? 0.34 : k & SHIFT ? 0.52 : 1);
    if (grounded && k & SPACE) { p->vz = 301; grounded = 0; p->z = 0.01; }
    double speed = hypot(p->vx, p->vy);
    if (grounded && speed > 0) {
        double left = speed - (speed > 80 ? speed : 80) * 5.2 * TICK;
        p->vx *= (left > 0 ? left : 0) / speed; p->vy *= (left > 0 ? left : 0) / speed;
    }
    double ahead = ((k & W) != 0) - ((k & S) != 0), aside = ((k & D) != 0) - ((k & A) != 0), length = hypot(ahead, aside);
    if (length > 0) {
        double yaw = p->yaw * PI / 180;
        double x = (ahead * cos(yaw) + aside * sin(yaw)) / length, y = (ahead * sin(yaw) - aside * cos(yaw)) / length;
        double missing = (grounded ? top : fmin(top, 30)) - (p->vx * x + p->vy * y), gain = 5.5 * top * TICK;
        if (missing > 0) { p->vx += fmin(gain, missing) * x; p->vy += fmin(gain, missing) * y; }
    }
    if (!grounded) p->vz -= 800 * TICK;
    p->x += p->vx * TICK; p->y += p->vy * TICK; p->z += p->vz * TICK;
    if (p->z <= 0) { p->z = 0; p->vz = 0; }
    double wanted = k & CTRL ? 46.04 : 64.06;
    p->height += fmax(-3, fmin(3, wanted - p->height));
}

static void shoot(Player *p) {
    if (p->reload_until && now >= p->reload_until) { p->clip = 30; p->reload_until = 0; }
    if (!p->weapon || p->health <= 0 || p->reload_until) return;
    if (p->keys & RELOAD && p->clip < 30) { p->reload_until = now + 2.5; return; }
    if (p->keys & FIRE && now >= p->next_shot && p->clip > 0) {
        p->next_shot = now + 0.1; p->clip--;
        if (chance() < 0.03) { int v = (int)(chance() * PLAYERS); if (&player[v] != p && player[v].health > 0 && v) {
            player[v].health -= 40; if (player[v].health <= 0) { player[v].health = 0; player[v].deaths++; p->kills++; player[v].born = now + 1.5; } } }
    }
}

static void decide(Player *p) {
    if (now < p->decide_at) return;
    static const int moves[] = {W, W, W, W | A, W | D, A, D, S, 0, W, W | D};
    p->decide_at = now + 0.4 + chance();
    p->keys = moves[(int)(chance() * 11)];
    if (p->keys && chance() < 0.15) p->keys |= SHIFT;
    if (chance() < 0.1) p->keys |= SPACE; else if (chance() < 0.1) p->keys |= CTRL;
    if (chance() < 0.35 && p->clip > 0) p->keys |= FIRE;
    if (p->clip == 0) p->keys |= RELOAD;
    p->turn = chance() < 0.3 ? 0 : (chance() - 0.5) * 3;
    p->tilt = (chance() - 0.5) * 0.4 - p->pitch * 0.01;
}

static FILE *inputs;
static void tick(void) {
    LARGE_INTEGER counter, frequency;
    QueryPerformanceCounter(&counter); QueryPerformanceFrequency(&frequency);
    long long ns = (long long)((double)counter.QuadPart / frequency.QuadPart * 1e9);
    if (restart_at >= 0 && now >= restart_at) {  /* scores, health and what the user was given are gone */
        restart_at = -1; rounds++; player[0].weapon = 0;
        for (int i = 0; i < PLAYERS; i++) { player[i].kills = player[i].deaths = 0; player[i].health = 100; }
    }
    for (int i = 0; i < PLAYERS; i++) {
        Player *p = &player[i];
        if (p->health <= 0 && now >= p->born) { p->health = 100; p->clip = 30; p->x = chance() * 2000 - 1000; p->y = chance() * 2000 - 1000; p->z = 0; }
        if (i) { decide(p); p->yaw = remainder(p->yaw + p->turn, 360); p->pitch = fmax(-89, fmin(89, p->pitch + p->tilt)); }
        move(p); shoot(p);
        if (inputs) fprintf(inputs, "%lld,%d,%d,%.4f,%.4f\n", ns, i, p->keys, p->yaw, p->pitch);
        if (p->keys & SPACE && i) p->keys &= ~SPACE;
    }
    if (inputs && !(frames % 16)) fflush(inputs);
    write_memory();
}

/* ---- console ---- */
static void say(const char *text) {
    if (!option("-condebug")) return;
    char path[MAX_PATH];
    snprintf(path, sizeof path, is_cs2 ? "%s\\..\\..\\csgo\\console.log" : "%s\\csgo\\console.log", root);
    FILE *log = fopen(path, "a");
    if (log) { fprintf(log, is_cs2 ? "11/25 12:00:00 [Console] %s\n" : "%s\n", text); fclose(log); }
}
static void status(void) {
    if (is_cs2) {
        say(option("-remote") || option("-demo") ? "Server:  Disconnected" : "Server:  Running [192.168.1.7:27015]");
        say(option("-demo") ? "Client:  Connected [DEMO]" : option("-remote") ? "Client:  Connected [155.133.1.2:27021]" : "Client:  Connected [loopback:0]");
        say("----- Status -----"); say("@ Current  :  game"); say("hostname : Counter-Strike 2");
        return;
    }
    if (option("-remote")) say("Connected to 155.133.1.2:27015");
    say("hostname: Counter-Strike: Global Offensive"); say("version : 1.38.8.1/13881 1575/8853 insecure  ");
    say(option("-remote") ? "udp/ip  : 155.133.1.2:27015" : "udp/ip  : 192.168.1.7:27015"); say("os      :  Windows");
    say(option("-remote") ? "type    :  community dedicated" : "type    :  listen"); say("map     : de_dust2");
    if (!option("-remote") && !option("-demo")) say("connected to loopback");
}
static void command(char *line) {
    char text[256];
    if (!strncmp(line, "echo ", 5)) say(line + 5);
    else if (!strcmp(line, "status")) status();
    else if (!strcmp(line, "demo_info")) say(option("-demo") ? "Demo contents for match.dem:" : "Error - Not currently playing back a demo.");
    else if (!strcmp(line, "spectate") || !strcmp(line, "jointeam 1")) spectating = 1;
    else if (!strncmp(line, "jointeam ", 9)) spectating = 0;
    else if (!strcmp(line, "r_cleardecals")) decals_cleared++;
    else if (!strncmp(line, "mp_restartgame ", 15)) restart_at = now + atof(line + 15);
    else if (!strncmp(line, "give ", 5)) { snprintf(given, sizeof given, "%s", line + 5); player[0].weapon = !strcmp(given, "weapon_ak47"); player[0].clip = 30; }
    else if (!strncmp(line, "spec_player ", 12)) {
        snprintf(text, sizeof text, "%s", line + 12 + (line[12] == '"'));
        text[strcspn(text, "\"")] = 0;
        for (int i = 0; i < PLAYERS; i++) if (!strcmp(player[i].name, text)) observed = i;
    }
    else if (*line) { snprintf(text, sizeof text, "Unknown command \"%s\"", line); say(text); }
}
static void config_path(char *path, const char *name) {
    snprintf(path, MAX_PATH, is_cs2 ? "%s\\..\\..\\csgo\\cfg\\%s" : "%s\\csgo\\cfg\\%s", root, name);
}
static void run_bound(const char *key) {  /* what autoexec, or what it executes, binds to this key */
    char path[MAX_PATH], line[512], wanted[32], name[128];
    snprintf(wanted, sizeof wanted, "bind \"%s\" \"exec ", key);
    config_path(path, "clonestrike/settings.cfg");
    FILE *file = fopen(path, "r");
    *name = 0;
    while (file && fgets(line, sizeof line, file)) if (strstr(line, wanted)) {
        snprintf(name, sizeof name, "%s", strstr(line, "exec ") + 5);
        name[strcspn(name, "\"")] = 0;
    }
    if (file) fclose(file);
    if (!*name) return;
    strcat(name, ".cfg");
    config_path(path, name);
    if (!(file = fopen(path, "r"))) return;
    while (fgets(line, sizeof line, file)) { line[strcspn(line, "\r\n")] = 0; command(line); }
    fclose(file);
}

/* ---- Game State Integration ---- */
static int describe(char *out, int size, int i, const char *steamid) {
    Player *p = &player[i];
    double yaw = p->yaw * PI / 180, pitch = p->pitch * PI / 180;
    char weapons[512] = "", place[256] = "";
    if (p->health > 0) snprintf(weapons, sizeof weapons,
        "\"weapon_0\": {\"name\": \"weapon_knife\", \"paintkit\": \"default\", \"type\": \"Knife\", \"state\": \"%s\"}%s",
        p->weapon ? "holstered" : "active", "");
    if (p->health > 0 && p->weapon) snprintf(weapons + strlen(weapons), sizeof weapons - strlen(weapons),
        ", \"weapon_1\": {\"name\": \"%s\", \"paintkit\": \"default\", \"type\": \"Rifle\", \"ammo_clip\": %d, \"ammo_clip_max\": 30, \"ammo_reserve\": 90, \"state\": \"%s\"}",
        weapon_name[1], p->clip, p->reload_until ? "reloading" : "active");
    if (spectating) snprintf(place, sizeof place, ", \"position\": \"%.2f, %.2f, %.2f\", \"forward\": \"%.2f, %.2f, %.2f\"",
        p->x, p->y, p->z, cos(yaw) * cos(pitch), sin(yaw) * cos(pitch), -sin(pitch));
    return snprintf(out, size, "{%s%s%s\"name\": \"%s\", \"observer_slot\": %d, \"team\": \"%s\", \"activity\": \"playing\", "
        "\"match_stats\": {\"kills\": %d, \"assists\": 0, \"deaths\": %d, \"mvps\": 0, \"score\": %d}, "
        "\"state\": {\"health\": %d, \"armor\": 100, \"helmet\": true, \"flashed\": 0, \"smoked\": 0, \"burning\": 0, \"money\": 800, \"round_kills\": 0, \"round_killhs\": 0, \"equip_value\": 200}, "
        "\"weapons\": {%s}%s}", steamid ? "\"steamid\": \"" : "", steamid ? steamid : "", steamid ? "\", " : "",
        p->name, i, p->team == 2 ? "T" : "CT", p->kills, p->deaths, p->kills * 2, p->health, weapons, place);
}
static void post(int port, const char *token) {
    static char body[65536], head[256];
    int n, seen = spectating ? observed : 0;
    n = snprintf(body, sizeof body, "{\"provider\": {\"name\": \"Counter-Strike: Global Offensive\", \"appid\": 730, \"version\": 13881, \"steamid\": \"%s\", \"timestamp\": %d}", player[0].steamid, (int)(now + 1.7e9));
    if (now >= loading - 0.5 || loading == 0)
        n += snprintf(body + n, sizeof body - n, ", \"map\": {\"mode\": \"deathmatch\", \"name\": \"de_dust2\", \"phase\": \"%s\", \"round\": 0, \"team_ct\": {\"score\": 0}, \"team_t\": {\"score\": 0}}", now < warmup ? "warmup" : "live");
    if (now >= loading) {
        n += snprintf(body + n, sizeof body - n, ", \"player\": ");
        n += describe(body + n, sizeof body - n, seen, player[seen].steamid);
        if (spectating) {
            n += snprintf(body + n, sizeof body - n, ", \"allplayers\": {");
            for (int i = 1; i < PLAYERS; i++) {
                n += snprintf(body + n, sizeof body - n, "%s\"%s\": ", i > 1 ? ", " : "", player[i].steamid);
                n += describe(body + n, sizeof body - n, i, NULL);
            }
            n += snprintf(body + n, sizeof body - n, "}");
        }
        if (now >= warmup) n += snprintf(body + n, sizeof body - n, ", \"round\": {\"phase\": \"live\"}, \"phase_countdowns\": {\"phase\": \"live\", \"phase_ends_in\": \"%.1f\"}", 600 - fmod(now, 600));
        n += snprintf(body + n, sizeof body - n, ", \"previously\": {\"player\": true}, \"added\": {\"player\": {\"weapons\": true}}");
    } else n += snprintf(body + n, sizeof body - n, ", \"player\": {\"steamid\": \"%s\", \"name\": \"me\", \"activity\": \"menu\"}", player[0].steamid);
    n += snprintf(body + n, sizeof body - n, ", \"auth\": {\"token\": \"%s\"}}", option("-secret") ? "guessed" : token);
    SOCKET link = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in place = {0};
    place.sin_family = AF_INET; place.sin_port = htons((unsigned short)port); place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!connect(link, (struct sockaddr *)&place, sizeof place)) {
        int m = snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nUser-Agent: Valve/Steam HTTP Client 1.0 (730)\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", port, n);
        send(link, head, m, 0); send(link, body, n, 0); recv(link, head, sizeof head, 0);
    }
    closesocket(link);
}
static DWORD WINAPI integrate(void *unused) {
    char path[MAX_PATH], text[4096] = "", token[128] = "";
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    config_path(path, "gamestate_integration_clonestrike.cfg");
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    fread(text, 1, sizeof text - 1, file); fclose(file);
    char *uri = strstr(text, "http://127.0.0.1:"), *secret = strstr(text, "\"token\"");
    if (!uri || !secret) return 0;
    sscanf(secret, "\"token\" \"%127[^\"]", token);
    for (;;) { post(atoi(uri + 17), token); Sleep(80); }
}

/* ---- window ---- */
static int key_bit(WPARAM key) {
    switch (key) { case 'W': return W; case 'A': return A; case 'S': return S; case 'D': return D; case VK_SPACE: return SPACE;
        case VK_CONTROL: return CTRL; case VK_SHIFT: return SHIFT; case 'R': return RELOAD; }
    return 0;
}
static LRESULT CALLBACK procedure(HWND h, UINT message, WPARAM w, LPARAM l) {
    Player *me = &player[0];
    if (message == WM_INPUT) {
        RAWINPUT raw; UINT size = sizeof raw;
        GetRawInputData((HRAWINPUT)l, RID_INPUT, &raw, &size, sizeof(RAWINPUTHEADER));
        if (raw.header.dwType == RIM_TYPEMOUSE) {
            me->yaw = remainder(me->yaw - raw.data.mouse.lLastX * 0.055, 360);
            me->pitch = fmax(-89, fmin(89, me->pitch + raw.data.mouse.lLastY * 0.055));
            if (raw.data.mouse.usButtonFlags & 1) me->keys |= FIRE;
            if (raw.data.mouse.usButtonFlags & 2) me->keys &= ~FIRE;
        }
    }
    if (message == WM_KEYDOWN) {
        me->keys |= key_bit(w);
        if (!(l & 1 << 30)) {
            if (w >= VK_F1 && w <= VK_F11) { char name[8]; snprintf(name, sizeof name, "F%d", (int)(w - VK_F1 + 1)); run_bound(name); }
            if (w == VK_SPACE && spectating) mode = mode == 4 ? 5 : mode == 5 ? 6 : 4;
        }
    }
    if (message == WM_KEYUP) me->keys &= ~key_bit(w);
    if (message == WM_DESTROY) PostQuitMessage(0);
    return DefWindowProc(h, message, w, l);
}
static void draw(void) {  /* a wall with stripes that turn with the view, a floor, a crosshair */
    static unsigned pixels[240][320];
    Player *seen = &player[spectating ? observed : 0];
    int horizon = 120 + (int)(-seen->pitch * 2.7);
    for (int x = 0; x < 320; x++) {
        double angle = seen->yaw - (x - 160) * 90.0 / 320;
        int stripe = ((int)floor(angle / 6)) & 1, hue = ((int)floor(angle / 30) * 53) & 127;
        for (int y = 0; y < 240; y++) {
            int wall = y < horizon;
            pixels[y][x] = wall ? (stripe ? 0x808040 + hue : 0x404080 + (hue << 8)) : 0x303030 + (((int)(seen->x / 32) + (y - horizon) / 8) & 1) * 0x202020;
        }
    }
    for (int i = -6; i <= 6; i++) pixels[120 + i][160] = pixels[120][160 + i] = 0x00FF00;
    if (seen->keys & FIRE && seen->weapon) for (int y = 170; y < 190; y++) for (int x = 190; x < 210; x++) pixels[y][x] = 0xFFFF00;
    BITMAPINFO info = {{sizeof info.bmiHeader, 320, -240, 1, 32, BI_RGB}};
    HDC dc = GetDC(window);
    StretchDIBits(dc, 0, 0, 640, 480, 0, 0, 320, 240, pixels, &info, DIB_RGB_COLORS, SRCCOPY);
    ReleaseDC(window, dc);
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE before, LPSTR line, int show) {
    char path[MAX_PATH];
    GetModuleFileNameA(NULL, root, sizeof root);
    is_cs2 = strstr(root, "cs2.exe") != NULL;
    *strrchr(root, '\\') = 0;
    read_layout();
    srand((unsigned)at("seed"));
    snprintf(path, sizeof path, "%s\\client.dll", root);
    client = (unsigned char *)LoadLibraryA(path);
    snprintf(path, sizeof path, "%s\\%s", root, is_cs2 ? "engine2.dll" : "engine.dll");
    engine = (unsigned char *)LoadLibraryA(path);
    /* CS:GO's pointers have 32 bits: what they point to must lie below 4 GB also where this is built with 64 */
    for (size_t place = is_cs2 ? 0 : 0x20000000; !heap && place < 0x70000000; place += 0x1000000)
        heap = VirtualAlloc((void *)place, 64 * SPACE_OF_ONE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!client || !engine || !heap) return 4;
    loading = option_value("-loading "); warmup = option_value("-warmup ");
    for (int i = 0; i <= PLAYERS; i++) {
        Player *p = &player[i];
        snprintf(p->name, sizeof p->name, i ? "Bot %d" : "me", i);
        snprintf(p->steamid, sizeof p->steamid, i ? "7656119796026573%d" : "76561198000000001", i);
        p->health = 100; p->clip = 30; p->weapon = i && i < PLAYERS; p->team = i == OBSERVER ? 1 : i & 1 ? 3 : 2;
        p->height = 64.06; p->x = i * 100; p->y = i * -50; p->yaw = i * 40; p->kills = i % 4;
    }
    WNDCLASS kind = {0};
    kind.lpfnWndProc = procedure; kind.hInstance = instance; kind.lpszClassName = "Valve001";
    RegisterClass(&kind);
    RECT size = {0, 0, 640, 480};
    AdjustWindowRect(&size, WS_OVERLAPPED | WS_CAPTION | WS_SYSMENU | WS_MINIMIZEBOX, 0);
    window = CreateWindow("Valve001", is_cs2 ? "Counter-Strike 2" : "Counter-Strike: Global Offensive - Direct3D 9",
        WS_OVERLAPPED | WS_CAPTION | WS_SYSMENU | WS_MINIMIZEBOX | WS_VISIBLE, 60, 60, size.right - size.left, size.bottom - size.top, 0, 0, instance, 0);
    RAWINPUTDEVICE mouse = {1, 2, 0, window};
    RegisterRawInputDevices(&mouse, 1, sizeof mouse);
    SetForegroundWindow(window);
    snprintf(path, sizeof path, "%s\\inputs.csv", root);
    inputs = fopen(path, "w");
    CreateThread(NULL, 0, integrate, NULL, 0, NULL);
    LARGE_INTEGER start, counter, frequency;
    QueryPerformanceFrequency(&frequency); QueryPerformanceCounter(&start);
    for (double next = 0;;) {
        MSG message;
        while (PeekMessage(&message, 0, 0, 0, PM_REMOVE)) {
            if (message.message == WM_QUIT) { if (inputs) fclose(inputs); return 0; }
            TranslateMessage(&message); DispatchMessage(&message);
        }
        QueryPerformanceCounter(&counter);
        double real = (double)(counter.QuadPart - start.QuadPart) / frequency.QuadPart;
        if (real - next > 0.5) next = real;  /* the machine slept */
        while (next <= real) { now = next; tick(); next += TICK; }
        if (frames++ % 2 == 0) draw();
        if (GetForegroundWindow() == window) {  /* the pointer stays in the window, as in the game */
            POINT pointer, middle = {320, 240};
            ClientToScreen(window, &middle); GetCursorPos(&pointer);
            if (abs(pointer.x - middle.x) > 60 || abs(pointer.y - middle.y) > 60) SetCursorPos(middle.x, middle.y);
        }
        Sleep(4);
    }
}
