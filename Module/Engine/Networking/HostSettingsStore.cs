using System.Text.Json;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking;

/// <summary>settings.json of the data root.</summary>
internal sealed class HostSettingsStore(string dataRoot)
{
    private readonly string _path = dataRoot + "/settings.json";
    private Files.Identity _file;
    private HostSettings _settings = new();

    internal HostSettings Read()
    {
        if (!Files.TryIdentify(_path, out Files.Identity file))
        {
            return new HostSettings();
        }

        lock (_path)
        {
            if (_file == file)
            {
                return _settings;
            }

            try
            {
                HostSettings settings = RecordFile.Read(_path, NetworkJson.Default.HostSettings);
                if (settings.Version > HostSettings.CurrentVersion)
                {
                    throw new JsonException($"They were written by a newer version of the module (format {settings.Version}).");
                }

                (_file, _settings) = (file, settings);
                return settings;
            }
            catch (JsonException e)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "SettingsDamaged", $"The settings in \"{_path}\" are damaged: {e.Message}", _path,
                    $"Remove the file \"{_path}\", and run Set-ContainerHost again.", e);
            }
        }
    }

    internal void Write(HostSettings settings)
    {
        RecordFile.Write(_path, settings, NetworkJson.Default.HostSettings, durable: true);
        Files.SyncDirectory(Path.GetDirectoryName(_path)!);
    }
}
