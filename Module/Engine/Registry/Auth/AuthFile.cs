using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Containers.Engine.Linux;

namespace Containers.Engine.Registry.Auth;

/// <summary>
/// One file of credentials, docker's config.json or podman's auth.json (containers-auth.json(5)): auths, credHelpers, credsStore. What
/// else is in it stays as it is.
/// </summary>
internal sealed class AuthFile
{
    private const int MaximumSize = 4 << 20;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly JsonObject _root;

    private AuthFile(string path, JsonObject root) => (Path, _root) = (path, root);

    internal string Path { get; }

    /// <summary>Keys with a helper of their own.</summary>
    internal IEnumerable<(string Key, string Helper)> Helpers => Members("credHelpers").Select(m => (m.Key, Text(m.Value) ?? ""));

    /// <summary>The helper for all that have none of their own; null where there is none.</summary>
    internal string? Store => Text(_root["credsStore"]) is { Length: > 0 } store ? store : null;

    /// <summary>Keys that the file itself has something for.</summary>
    internal IEnumerable<string> Keys => Members("auths").Select(m => m.Key);

    /// <summary>The file, or null where there is none.</summary>
    /// <exception cref="EngineException">AuthFileInvalid.</exception>
    internal static AuthFile? Read(string path)
    {
        try
        {
            // Not SmallFile: a user's own file may well be a link.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            if (file.Length > MaximumSize)
            {
                throw Invalid(path, "is larger than 4 MiB", null);
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes.Length == 0
                ? new AuthFile(path, [])
                : new AuthFile(path, JsonNode.Parse(bytes, null, s_strict) as JsonObject ?? throw Invalid(path, "holds no object", null));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Without the inner message: it may quote a secret.
            throw Invalid(path, e is JsonException ? "is not valid JSON" : "cannot be read", e is JsonException ? null : e);
        }
    }

    internal static AuthFile ReadOrNew(string path) => Read(path) ?? new AuthFile(path, []);

    /// <summary>The credential under exactly this key.</summary>
    /// <exception cref="EngineException">AuthFileInvalid: it is malformed.</exception>
    internal RegistryCredential? Get(string key)
    {
        if (_root["auths"] is not JsonObject auths || auths[key] is not JsonObject entry)
        {
            return null;
        }

        string? identity = Text(entry["identitytoken"]);
        string user = Text(entry["username"]) ?? "";
        string password = Text(entry["password"]) ?? "";
        if (Text(entry["auth"]) is { Length: > 0 } auth)
        {
            byte[] bytes = new byte[auth.Length];
            if (!Convert.TryFromBase64String(auth, bytes, out int length))
            {
                throw Invalid(Path, $"has a malformed credential for \"{key}\"", null);
            }

            string[] parts = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0').Split(':', 2);
            (user, password) = (parts[0], parts.Length > 1 ? parts[1] : "");
        }

        return user.Length == 0 && string.IsNullOrEmpty(identity)
            ? null
            : new RegistryCredential
            {
                UserName = user,
                Password = password,
                IdentityToken = string.IsNullOrEmpty(identity) ? null : identity,
            };
    }

    internal void Set(string key, RegistryCredential credential)
    {
        if (_root["auths"] is not JsonObject auths)
        {
            _root["auths"] = auths = [];
        }

        JsonObject entry = [];
        entry["auth"] = JsonValue.Create(Convert.ToBase64String(Encoding.UTF8.GetBytes(credential.UserName + ":" + credential.Password)));
        if (credential.IdentityToken is { } identity)
        {
            entry["identitytoken"] = JsonValue.Create(identity);
        }

        auths[key] = entry;
    }

    /// <summary>False where it was not there.</summary>
    internal bool Remove(string key) => _root["auths"] is JsonObject auths && auths.Remove(key);

    /// <summary>Replaces the file, for its owner only.</summary>
    internal void Write()
    {
        try
        {
            // Behind a link the file itself is replaced, not the link.
            FileInfo file = new(Path);
            string path = file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            Directory.CreateDirectory(
                System.IO.Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using MemoryStream content = new();
            using (Utf8JsonWriter writer = new(content, new JsonWriterOptions { Indented = true }))
            {
                _root.WriteTo(writer);
            }

            SmallFile.Replace(path, content.ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw new EngineException(
                EngineErrorKind.WriteError, "AuthFileNotWritten", $"The credential file \"{Path}\" cannot be written: {e.Message}", Path,
                "Check the folder, or name another file.", e);
        }
    }

    private IEnumerable<KeyValuePair<string, JsonNode?>> Members(string name) => _root[name] as JsonObject ?? [];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static EngineException Invalid(string path, string what, Exception? inner) => new(
        EngineErrorKind.InvalidData, "AuthFileInvalid", $"The credential file \"{path}\" {what}.", path, "Repair or remove it.", inner);
}
