# The other engines, each in folders of its own.

$script:Rivals = [ordered]@{}
$script:Dockerd = $null

# Runs a rival's command; milliseconds. What it says goes to a file that an error quotes.
function Invoke-Rival([string] $Name, [string[]] $Command, [string] $Output = "$work/rival.out") {
    $rival = $Rivals[$Name]
    $all = [string[]] ($rival.Prefix + $Command)
    if ($rival.Private) { [Containers.Bench.Spawn]::RunPrivate($Output, $all) } else { [Containers.Bench.Spawn]::Run($Output, $all) }
}

# "run", and what is the same for all containers of a rival. Podman's own limits need the right to raise limits: it gets lower ones.
function Get-RunOption([string] $Name, [switch] $Bridge) {
    'run'
    if (-not $Bridge) { '--net=none' }
    if ($Name -eq 'podman') { '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000' }
}

# A root of busybox, as a folder for all of them and as an OCI bundle for crun.
function New-RootFileSystem([string] $Work) {
    $root = "$Work/bundle/rootfs"
    foreach ($folder in 'bin', 'proc', 'sys', 'dev', 'etc', 'tmp') { $null = New-Item -ItemType Directory -Force -Path "$root/$folder" }
    Copy-Item (Get-Command busybox).Source "$root/bin/busybox"
    foreach ($applet in 'sh', 'true', 'sleep', 'yes', 'head', 'cat') { $null = New-Item -ItemType SymbolicLink -Path "$root/bin/$applet" -Target busybox }
}

function Start-Rival([string] $Work, [string[]] $Without) {
    $tar = "$Work/root.tar"
    tar -C "$Work/bundle/rootfs" -cf $tar .
    foreach ($name in 'docker', 'podman', 'crun') {
        if ($name -in $Without) { Write-Host "skipped: $name (not wanted)"; continue }
        $program = if (Test-Path "/usr/bin/$name") { "/usr/bin/$name" } else { (Get-Command $name -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source }
        if (-not $program) { Write-Host "skipped: $name (not installed)"; continue }
        try {
            & "Start-$name" $program $Work $tar
            Write-Host ("{0}: {1}" -f $name, (& $program --version | Select-Object -First 1))
        }
        catch {
            $Rivals.Remove($name)
            Write-Host "skipped: $name ($_)"
        }
    }
}

function Start-Docker([string] $Program, [string] $Work, [string] $Tar) {
    if (Get-Process dockerd -ErrorAction Ignore) { throw 'a dockerd runs already, and two disturb each other' }
    $root = "$Work/docker"
    $null = New-Item -ItemType Directory -Path $root
    # As it comes, in a namespace with nothing but loopback. Where forwarding is on already, it does not make DROP the policy of FORWARD.
    Set-Content "$root/start" "ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_forward && exec dockerd `"`$@`""
    $script:Dockerd = Start-Process unshare -PassThru -RedirectStandardError "$root/log" -RedirectStandardOutput "$root/out" -ArgumentList @(
        '--net', 'sh', "$root/start", '--data-root', "$root/data", '--exec-root', "$root/exec", '--pidfile', "$root/pid",
        '-H', "unix://$root/docker.sock")
    $Rivals['docker'] = @{ Prefix = @($Program, '-H', "unix://$root/docker.sock"); Private = $false }
    for ($i = 0; -not (Test-Path "$root/docker.sock"); $i++) {
        if ($Dockerd.HasExited -or $i -gt 300) { throw "dockerd does not start: $(Get-Content -Tail 1 "$root/log")" }
        Start-Sleep -Milliseconds 100
    }
    $null = Invoke-Rival docker @('import', $Tar, 'bench')
}

function Start-Podman([string] $Program, [string] $Work, [string] $Tar) {
    $root = "$Work/podman"
    $Rivals['podman'] = @{
        Prefix = @($Program, '--root', "$root/data", '--runroot', "$root/run", '--tmpdir', "$root/tmp", '--cgroup-manager', 'cgroupfs', '--events-backend', 'file',
            '--network-config-dir', "$root/net")
        Private = $true
    }
    $null = New-Item -ItemType Directory -Path "$root/net"
    # Its network plugins keep their addresses in /var/lib/cni, whatever the roots are: for this namespace, in memory.
    $prepare = 'ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_forward && mount -t tmpfs bench /var/lib'
    $null = [Containers.Bench.Spawn]::RunPrivate("$root/out", [string[]] @('sh', '-c', $prepare))
    $null = Invoke-Rival podman @('import', '-q', $Tar, 'bench')
    $null = Invoke-Rival podman ((Get-RunOption podman) + @('--rm', 'bench', 'true'))
}

function Start-Crun([string] $Program, [string] $Work, [string] $Tar) {
    Push-Location "$Work/bundle"
    try { & $Program spec } finally { Pop-Location }
    $spec = Get-Content "$Work/bundle/config.json" -Raw | ConvertFrom-Json -AsHashtable
    $spec.process.terminal = $false
    $spec.process.args = @('true')
    $spec.root.readonly = $false
    $spec | ConvertTo-Json -Depth 20 | Set-Content "$Work/bundle/config.json"
    $Rivals['crun'] = @{ Prefix = @($Program, '--root', "$Work/crun"); Private = $true }
    $null = Invoke-Rival crun @('run', '--bundle', "$Work/bundle", 'first')
}

function Stop-Rival([string] $Work) {
    if ($Rivals.Contains('podman')) {
        try { $null = Invoke-Rival podman @('rm', '--all', '--force', '--time', '0') } catch { Write-Warning "$_" }
        $null = [Containers.Bench.Spawn]::RunPrivate('/dev/null', [string[]] @('sh', '-c', "grep -o ' $Work/podman[^ ]*' /proc/self/mountinfo | sort -ru | xargs -r umount -l || true"))
    }
    if ($Dockerd) {
        if ($Rivals.Contains('docker')) {
            $left = @(docker -H "unix://$Work/docker/docker.sock" ps --all --quiet)
            if ($left) { $null = docker -H "unix://$Work/docker/docker.sock" rm --force @left }
        }
        # By its process id; it ends its own containerd.
        kill -TERM $Dockerd.Id
        $null = $Dockerd.WaitForExit(30000)
        grep -o " $Work/docker[^ ]*" /proc/self/mountinfo | Sort-Object -Descending -Unique | ForEach-Object { umount -l $_.Trim() }
    }
}
