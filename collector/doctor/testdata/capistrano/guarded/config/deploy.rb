set :application, "shop"
set :deploy_to, "/srv/shop"
set :puma_enable_lingering, false
namespace :puma do
  task :renew do
    on roles(:web) do
      if test("systemctl --user is-active --quiet #{fetch(:puma_service_unit_name)}")
        execute "systemctl --user reload #{fetch(:puma_service_unit_name)}"
      else
        execute "systemctl --user start #{fetch(:puma_service_unit_name)}"
      end
    end
  end
end
after "deploy:finished", "puma:renew"
