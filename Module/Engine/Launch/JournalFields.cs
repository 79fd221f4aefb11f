using System.Text;

namespace Containers.Engine.Launch;

/// <summary>What every message in the systemd journal says of its container, by docker's names (docs.docker.com, "Journald logging driver").</summary>
internal static class JournalFields
{
    internal const string Socket = "/run/systemd/journal/socket";

    /// <returns>NAME=value lines: no value has a line feed.</returns>
    internal static string Build(string id, string name, ContainerSpec spec)
    {
        string tag = spec.Log.Tag ?? id[..12];
        StringBuilder fields = new();
        foreach ((string field, string value) in new[]
        {
            ("CONTAINER_ID", id[..12]), ("CONTAINER_ID_FULL", id), ("CONTAINER_NAME", name), ("CONTAINER_TAG", tag), ("IMAGE_NAME", spec.Image),
            ("SYSLOG_IDENTIFIER", tag),
        })
        {
            fields.Append(field).Append('=').Append(value.ReplaceLineEndings(" ")).Append('\n');
        }

        return fields.ToString();
    }
}
