// Notes the zone of the viewer's clock, so that the server writes times as they read them.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const noted = document.cookie.split("; ").find((each) => each.startsWith("exports_zone="));
if (zone && !noted) {
  document.cookie = `exports_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
